//! A transcript: the facts of a run as lines of text, and where two transcripts part.

use std::fmt;

use super::fact::{Fact, Observer, Spent};
use crate::model::Seat;
use crate::serve::Completion;
use crate::serve::fluid::Passed;
use crate::units::{ServiceId, SimTime};

/// The facts of a run, one line each. Explanations (refusals, reasons) change nothing and are left
/// out, and so is the place where an engine keeps a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// When, and what.
    pub lines: Vec<(SimTime, String)>,
}

/// Where two transcripts part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The position of the first line that differs.
    pub position: usize,
    /// The line of the first transcript, if it goes on.
    pub first: Option<(SimTime, String)>,
    /// The line of the second transcript, if it goes on.
    pub second: Option<(SimTime, String)>,
}

impl Observer for Transcript {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Some(line) = line(fact) {
            self.lines.push((now, line));
        }
    }
}

/// The first line in which two transcripts differ, or `None` if they are the same.
pub fn compare(first: &Transcript, second: &Transcript) -> Option<Difference> {
    let longer = first.lines.len().max(second.lines.len());
    let position = (0..longer).find(|at| first.lines.get(*at) != second.lines.get(*at))?;
    Some(Difference {
        position,
        first: first.lines.get(position).cloned(),
        second: second.lines.get(position).cloned(),
    })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |line: &Option<(SimTime, String)>| match line {
            Some((at, line)) => format!("{at}: {line}"),
            None => "nothing more".to_owned(),
        };
        let (first, second) = (shown(&self.first), shown(&self.second));
        write!(f, "fact {}: `{first}` against `{second}`", self.position)
    }
}

fn line(fact: &Fact<'_>) -> Option<String> {
    Some(match fact {
        Fact::Arrived { job, .. } => format!("{job} arrives"),
        Fact::Retiring { job } => format!("{job} is to go"),
        Fact::Worked { job, busy } => format!("{job} was at work for {busy}"),
        Fact::Request {
            service,
            completion,
        } => request(*service, completion),
        Fact::Flow { service, passed } => flow(*service, passed),
        Fact::Started {
            job,
            seats: on,
            works,
        } => format!("{job} starts, works at {}us:{}", works.us(), seats(on)),
        Fact::Paced { job, every } => {
            format!("{job} writes a checkpoint after each {}us", every.us())
        }
        Fact::Reseated {
            job,
            seats: on,
            works,
            spent,
        } => format!(
            "{job} is reseated, works at {}us:{}; {}",
            works.us(),
            seats(on),
            passed(spent)
        ),
        Fact::Interrupted { job, cause, spent } => {
            format!("{job} is interrupted ({cause:?}); {}", passed(spent))
        }
        Fact::Ended {
            job,
            outcome,
            spent,
        } => format!("{job} ends: {outcome:?}; {}", passed(spent)),
        Fact::Requested { .. } | Fact::Booting { .. } => return granted(fact),
        Fact::Ready { node, launch } => format!("node {} launch {launch} is ready", node.0),
        Fact::Draining { node } => format!("node {} drains", node.0),
        Fact::Noticed { node, at } => {
            format!("node {} will be reclaimed at {}us", node.0, at.us())
        }
        Fact::Reclaimed { node } => format!("node {} is reclaimed", node.0),
        Fact::Released { node } => format!("node {} is released", node.0),
        Fact::Advised { node } => format!("node {} had better be left", node.0),
        Fact::Miscarried { node } => format!("node {} does not come up", node.0),
        Fact::Failed { node, repaired } => match repaired {
            Some(at) => format!("node {} fails, repaired at {}us", node.0, at.us()),
            None => format!("node {} fails for good", node.0),
        },
        Fact::Repaired { node } => format!("node {} is repaired", node.0),
        Fact::Shock { offering } => format!("a shock hits offering {}", offering.0),
        Fact::Price { offering, price } => {
            format!("offering {} costs {} n$/h", offering.0, price.nanousd_h())
        }
        Fact::Availability { offering, nodes } => format!("offering {} has {nodes}", offering.0),
        Fact::Refused(_) | Fact::Held { .. } => return None,
    })
}

/// What was asked for, and what comes of it.
fn granted(fact: &Fact<'_>) -> Option<String> {
    if let Fact::Requested {
        offering,
        asked,
        granted,
    } = fact
    {
        return Some(format!(
            "offering {}: {granted} of {asked} granted",
            offering.0
        ));
    }
    let Fact::Booting {
        node,
        launch,
        ready,
    } = fact
    else {
        return None;
    };
    let (node, ready) = (node.0, ready.us());
    Some(format!(
        "node {node} launch {launch} boots, ready at {ready}us"
    ))
}

fn request(service: ServiceId, completion: &Completion) -> String {
    let (id, end) = (completion.request.id.0, completion.end);
    format!("request {id} of service {}: {end:?}", service.0)
}

/// Doubles to the last bit: Rust writes as many digits as tell them from all others.
fn flow(service: ServiceId, passed: &Passed) -> String {
    let (id, flow) = (service.0, &passed.flow);
    let (from, to) = (passed.from.us(), passed.to.us());
    format!("from {from}us to {to}us service {id} flows: {flow:?}")
}

fn seats(seats: &[Seat]) -> String {
    let seat = |seat: &Seat| {
        let gpus: Vec<u32> = seat.gpus.iter().collect();
        let start = seat
            .start
            .get()
            .map(|slice| format!(" from slice {slice} on"));
        format!(
            " {}x role {} on node {} {gpus:?}{}",
            seat.tasks,
            seat.role,
            seat.node.0,
            start.unwrap_or_default()
        )
    };
    seats.iter().map(seat).collect()
}

/// How an attempt passed, in microseconds.
fn passed(spent: &Spent) -> String {
    format!(
        "restored {}us, kept {}us, lost {}us, dumped {}us, stalled {}us",
        spent.restore.us(),
        spent.kept.us(),
        spent.lost.us(),
        spent.dump.us(),
        spent.stall.us()
    )
}

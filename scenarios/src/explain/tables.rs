//! Waits and stories as tables.

use std::collections::BTreeSet;

use plots::table::{Cell, Table, Value};
use policies::place::Weighed;
use sim_core::engine::Reason;
use sim_core::units::{SimTime, convert};

use super::story::Line;
use super::words::{counted, milli};
use crate::experiment::decisions::score;
use crate::waits::{Lack, Share, Stretch, Who, hours, of, part, total};

/// Why jobs waited, and why replicas did, the longest first; nothing is told of whom there is none.
pub fn waits(shares: &[Share]) -> Vec<Table> {
    let told = |who| Some(waits_of(who, of(shares, who))).filter(|table| !table.rows.is_empty());
    let mut tables: Vec<Table> = Who::ALL.into_iter().filter_map(told).collect();
    if tables.is_empty() {
        tables.push(waits_of(Who::Jobs, Vec::new()));
    }
    tables
}

fn waits_of(who: Who, mut shares: Vec<Share>) -> Table {
    let all = total(&shares);
    shares.sort_by_key(|share| (std::cmp::Reverse(share.wait_us), share.reason));
    let row = |share: &Share| {
        vec![
            Cell::from(share.reason.name()),
            Cell::number(hours(share.wait_us), 1),
            Cell::from(Value::Share {
                value: part(share.wait_us, all),
                decimals: 2,
            }),
            Cell::from(Value::Integer(share.count.into())),
            Cell::from(share.reason.words()),
        ]
    };
    Table {
        columns: vec![
            format!("why {} waited", who.name()),
            who.hours().to_owned(),
            "share".to_owned(),
            who.name().to_owned(),
            "what it says".to_owned(),
        ],
        rows: shares.iter().map(row).collect(),
    }
}

/// "no-capacity: 16 GPUs wanted, 12 free".
pub(super) fn reason(reason: Reason, lack: Option<&Lack>) -> String {
    let free = lack.map(|lack| (lack.free_milli, lack.free_milli));
    words(reason, lack, free.unwrap_or_default())
}

fn words(reason: Reason, lack: Option<&Lack>, (least, most): (u64, u64)) -> String {
    let Some(lack) = lack else {
        return reason.name().to_owned();
    };
    let free = if least == most {
        milli(least)
    } else {
        format!("{} to {}", milli(least), milli(most))
    };
    let tasks = if lack.tasks > 1 {
        format!("; {} of {} fit", lack.fitting, counted(lack.tasks, "task"))
    } else {
        String::new()
    };
    let needed = milli(lack.needed_milli);
    let name = reason.name();
    format!("{name}: {needed} GPUs wanted, {free} free{tasks}")
}

/// What the reasons in a story say, a sentence each.
pub fn legend(lines: &[Line]) -> Vec<String> {
    let reasons: BTreeSet<Reason> = lines.iter().filter_map(|line| line.reason).collect();
    let sentence = |reason: Reason| format!("{}: {}", reason.name(), reason.words());
    reasons.into_iter().map(sentence).collect()
}

/// "3d 04:05:06": a story is told to the second.
fn clock(at: SimTime) -> String {
    let seconds = at.us() / 1_000_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{days}d {hours:02}:{minutes:02}:{seconds:02}")
}

/// The waiting of a job as lines of its story.
pub(super) fn waiting(stretches: &[Stretch]) -> Vec<Line> {
    let line = |stretch: &Stretch| Line {
        from: stretch.from,
        until: stretch.until,
        what: "waits".to_owned(),
        detail: words(stretch.reason, stretch.lack.as_ref(), stretch.free_milli),
        reason: Some(stretch.reason),
    };
    let lasting = stretches
        .iter()
        .filter(|stretch| stretch.until != Some(stretch.from));
    lasting.map(line).collect()
}

/// What the placement made of the nodes when a job was started, as a line of its story.
pub(super) fn weighed(weighed: &Weighed) -> Line {
    let best = weighed.best.iter();
    let best = best.map(|one| format!("node {}: {}", one.node.0, score(one.score)));
    let best: Vec<String> = best.collect();
    let more = convert::index(weighed.nodes) - best.len();
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Line {
        from: weighed.at,
        until: None,
        what: "could lie".to_owned(),
        detail: format!("scores, the best first: {}{rest}", best.join(", ")),
        reason: None,
    }
}

/// A story, line by line.
pub fn story(lines: &[Line]) -> Table {
    let moment = |at: SimTime| Cell::from(clock(at).as_str());
    let row = |line: &Line| {
        let lasts = line.until.map(|until| until.since(line.from).to_string());
        vec![
            moment(line.from),
            Cell::from(lasts.unwrap_or_default().as_str()),
            Cell::from(line.what.as_str()),
            Cell::from(line.detail.as_str()),
        ]
    };
    Table {
        columns: ["at", "for", "what", "why, where"]
            .map(str::to_owned)
            .to_vec(),
        rows: lines.iter().map(row).collect(),
    }
}

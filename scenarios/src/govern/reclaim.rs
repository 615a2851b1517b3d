//! How soon jobs are at work elsewhere after the notice that their machine goes.

use sim_core::units::{SimTime, Span, convert};
use sim_core::watch::{Machine, Stay};

use crate::build::Experiment;
use crate::experiment::flight::Flight;

/// A job on a machine that was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Its ordinal.
    pub job: u32,
    /// When the notice was given.
    pub noticed: SimTime,
    /// How long until it was on other machines, or done before its own went; none if neither came.
    pub after: Option<Span>,
}

/// One for each job and each machine that was taken away from under it, in the order of the machines.
pub fn reactions(experiment: &Experiment, flight: &Flight) -> Vec<Reaction> {
    let mut stays: Vec<&Stay> = flight.record.stays.iter().collect();
    stays.sort_by_key(|stay| (stay.job, stay.start));
    let mut by_node: Vec<(u32, usize)> = Vec::new();
    for (at, stay) in stays.iter().enumerate() {
        let nodes = stay
            .seats
            .iter()
            .map(|seat| convert::narrow(seat.node.index()));
        by_node.extend(nodes.map(|node| (node, at)));
    }
    by_node.sort_unstable();
    by_node.dedup();
    let mut all = Vec::new();
    for machine in &flight.record.machines {
        let Some(gone) = machine.gone.get().filter(|_| machine.reclaimed) else {
            continue;
        };
        let noticed = noticed(experiment, machine, gone);
        let node = convert::narrow(machine.node.index());
        let first = by_node.partition_point(|(own, _)| *own < node);
        let here = by_node[first..].iter().take_while(|(own, _)| *own == node);
        for (_, at) in here {
            let stay = stays[*at];
            if stay.start > noticed || stay.stop < noticed || stay.stop > gone {
                continue;
            }
            all.push(Reaction {
                job: stay.job,
                noticed,
                after: after(flight, &stays[at + 1..], stay).map(|then| then.since(noticed)),
            });
        }
    }
    all
}

/// When the notice of a machine was given: as long before its loss as its fleet warns, but not before it was there.
fn noticed(experiment: &Experiment, machine: &Machine, gone: SimTime) -> SimTime {
    let warning = experiment.world.offerings[machine.offering.index()].notice;
    let at = gone.us().saturating_sub(warning.us());
    let at = SimTime::from_us(at).unwrap_or(gone);
    at.max(machine.ready.get().unwrap_or(machine.granted))
}

/// When the job was placed again, or was done.
fn after(flight: &Flight, later: &[&Stay], stay: &Stay) -> Option<SimTime> {
    let next = later.first().filter(|next| next.job == stay.job);
    let done = flight.record.row(stay.job).finish.get();
    next.map(|next| next.start)
        .or(done.filter(|done| *done == stay.stop))
}

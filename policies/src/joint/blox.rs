//! Blox (Agarwal et al., `EuroSys` 2024) with its scattered placement and its way to make room, bugs included.
//!
//! In an order each waiting job is placed; if that fails, running ones behind it are terminated, the last first, and it is tried
//! again after each. They stay terminated even if it then does not fit, and then nobody behind it starts. The placement takes
//! of each node in turn as many free GPUs as the job wants in all, and fails unless they add up to that exactly. A job for
//! which they do not add up on an empty fleet either would never start, nor anyone behind it: it is rejected.

use sim_core::engine::{Change, Plan, Policy, Reason, View, Wakes};
use sim_core::model::{Placement, Seat, Seats};
use sim_core::units::{JobId, NodeId};

use super::processors;
use crate::tiresias::By;

/// Blox.
#[derive(Clone, Copy, Debug)]
pub struct Blox {
    by: By,
}

impl Blox {
    /// In this order, ties by arrival.
    pub fn new(by: By) -> Self {
        Self { by }
    }

    fn order(self, view: &View<'_>) -> Vec<JobId> {
        let live = view.pending().chain(view.running());
        let mut ranked: Vec<_> = live.map(|job| (self.by.rank(&job), job.id())).collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, job)| job).collect()
    }
}

impl Policy for Blox {
    fn name(&self) -> &'static str {
        "blox"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        for change in view.changes() {
            if let Change::Arrived(id) = change {
                reject_stranger(*id, view, plan);
            }
        }
        let order = self.order(view);
        for (position, job) in order.iter().enumerate() {
            if plan.is_pending(*job) && !place(*job, &order[position + 1..], view, plan) {
                plan.hold_others(Reason::BehindHead);
                plan.hold(*job, Reason::Unplaced);
                return;
            }
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(*self)
    }
}

/// Turns away what this simulator could not describe, or could never place.
fn reject_stranger(id: JobId, view: &View<'_>, plan: &mut Plan<'_>) {
    let Some(job) = view.job(id) else { return };
    let capacity = plan.capacity();
    let slots = capacity.offerings().flat_map(|offering| {
        let gpus = capacity.shape(offering).gpus;
        capacity.slots_of(offering).map(move |node| (node, gpus))
    });
    if !processors::describes(plan, &job) || scatter(job.gang().gpus(), slots).is_none() {
        plan.reject(id).expect("it has just come");
    }
}

/// Starts a waiting job, terminating those behind it until it fits; whether it did.
fn place(id: JobId, behind: &[JobId], view: &View<'_>, plan: &mut Plan<'_>) -> bool {
    let wanted = view.job(id).map_or(0, |job| job.gang().gpus());
    let mut victims = behind.iter().rev();
    loop {
        let capacity = plan.capacity();
        let nodes = capacity
            .offerings()
            .flat_map(|offering| capacity.nodes(offering));
        let free = nodes.map(|node| (node, capacity.free_on(node).count()));
        if let Some(placement) = scatter(wanted, free) {
            plan.start(id, &placement)
                .expect("it waits, and they are free");
            return true;
        }
        let Some(victim) =
            victims.find(|victim| plan.is_running(**victim) && plan.can_spare(**victim))
        else {
            return false;
        };
        plan.preempt(*victim).expect("it runs");
    }
}

/// Of each node in turn as many of its free GPUs as are wanted in all, until they add up to that exactly.
fn scatter(wanted: u32, free: impl Iterator<Item = (NodeId, u32)>) -> Option<Placement> {
    let (mut seats, mut taken) = (Seats::new(), 0);
    for (node, free) in free.filter(|(_, free)| *free > 0) {
        let tasks = free.min(wanted);
        taken += tasks;
        seats.push(Seat::anywhere(node, 0, tasks));
        if taken >= wanted {
            break;
        }
    }
    (taken == wanted).then_some(Placement { seats })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::units::convert;

    /// GPUs taken of each node that has so many free.
    fn taken(wanted: u32, free: &[u32]) -> Option<Vec<u32>> {
        let free = free.iter().enumerate();
        let free = free.map(|(node, free)| (NodeId(convert::narrow(node)), *free));
        let placement = scatter(wanted, free)?;
        Some(placement.seats.iter().map(|seat| seat.tasks).collect())
    }

    #[test]
    fn what_does_not_add_up_exactly_fails_though_there_is_room() {
        assert_eq!(taken(4, &[0, 3, 1, 4]), Some(vec![3, 1]));
        assert_eq!(taken(4, &[4, 4]), Some(vec![4]));
        assert_eq!(taken(4, &[3, 4]), None);
        assert_eq!(taken(8, &[4, 4]), Some(vec![4, 4]));
        assert_eq!(taken(8, &[4, 1, 4]), None);
        assert_eq!(taken(2, &[1]), None);
        assert_eq!(taken(1, &[0, 0, 3]), Some(vec![1]));
    }
}

//! Oversubscription: jobs that are no replicas lie as guests beside replicas, on what those leave of GPUs, as long as the
//! replicas of a node have time to spare.
//!
//! Two watermarks, as Volcano's and Koordinator's agents have them: a node whose replicas were at work for more than `drain` of
//! the time since the last look is closed to guests, and they are sent away, some for each GPU at a look; it is open again once
//! they were for less than `open`. In between it stays as it is, and nobody has to go. What it goes by is what an autoscaler
//! reads.
//!
//! Replicas start on a closed node as on any: where there is one, those that fit start before anybody else. No room is made on
//! it for those that do not, other than by the guests that leave it anyway.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use sim_core::engine::{JobView, View};
use sim_core::units::{NodeId, SimTime, Span, convert};

use super::losses::distinct;
use super::meters::Meters;
use super::{Keeper, Shut};
use crate::compose::Desk;

/// Closes nodes to guests.
#[derive(Clone, Debug)]
pub struct Oversubscribe {
    /// A closed node opens below this share of the time at work, in millionths.
    pub open: u32,
    /// A node closes above this, and guests leave it.
    pub drain: u32,
    /// Time from one look to the next.
    pub every: Span,
    /// Guests that leave a node at a look, for each of its GPUs.
    pub guests: u32,
    /// What was seen.
    pub seen: Watermark,
}

/// What was seen at the last look.
#[derive(Clone, Debug, Default)]
pub struct Watermark {
    meters: Meters,
    next: SimTime,
    closed: BTreeSet<NodeId>,
}

impl Keeper for Oversubscribe {
    fn begin(&mut self, desk: &mut Desk<'_, '_, '_>, _shut: &mut Shut) -> Option<SimTime> {
        // Where nothing is served nobody is a guest.
        desk.view.services().next()?;
        let now = desk.view.now();
        if now >= self.seen.next {
            let busy = self.seen.look(desk.view);
            self.seen.closed.retain(|node| {
                let share = busy.get(node);
                share.is_some_and(|share| *share >= self.open)
            });
            let above = busy.iter().filter(|(_, share)| **share > self.drain);
            for (node, _) in above {
                self.seen.closed.insert(*node);
                self.send_away(desk, *node);
            }
            self.seen.next = now.saturating_add(self.every);
        }
        if !self.seen.closed.is_empty() {
            let_replicas_in(desk);
            for node in &self.seen.closed {
                desk.plan.set_aside(*node);
            }
        }
        Some(self.seen.next)
    }

    fn fork(&self) -> Box<dyn Keeper> {
        Box::new(self.clone())
    }
}

impl Oversubscribe {
    /// Sends guests away: the lowest priority first, and of the same whoever started last. They wait again, and may start
    /// elsewhere at once.
    fn send_away(&self, desk: &mut Desk<'_, '_, '_>, node: NodeId) {
        let capacity = desk.plan.capacity();
        let gpus = capacity.shape(capacity.offering_of(node)).gpus.max(1);
        let is_guest = |job: &JobView<'_>| {
            let mut seats = job.allocation().seats().iter();
            job.id().replica().is_none() && seats.any(|seat| seat.node == node)
        };
        let guests = desk.view.running().filter(is_guest);
        let guests = guests.filter(|job| desk.plan.is_running(job.id()));
        let key = |job: JobView<'_>| (job.priority(), Reverse(job.started()), Reverse(job.id()));
        let mut guests: Vec<_> = guests.map(key).collect();
        guests.sort_unstable();
        let most = convert::index(self.guests.saturating_mul(gpus));
        for (_, _, Reverse(job)) in guests.into_iter().take(most) {
            if desk.preempt(job) {
                desk.requeue(job);
            }
        }
    }
}

impl Watermark {
    /// By node on which replicas take requests: the share of the time since the last look for which they were at work, in
    /// millionths, over all of them.
    fn look(&mut self, view: &View<'_>) -> BTreeMap<NodeId, u32> {
        let mut look = self.meters.look(view.now());
        let mut times: BTreeMap<NodeId, (u64, u64)> = BTreeMap::new();
        for service in view.services() {
            for replica in service.replicas() {
                let Some(done) = look.at(&replica) else {
                    continue;
                };
                let set = service.sets().find(|(id, _)| *id == replica.set);
                let servers = set.map_or(1, |(_, set)| u64::from(set.serving.servers()));
                let seats = replica.job.allocation().seats().iter();
                let nodes: Vec<NodeId> = seats.map(|seat| seat.node).collect();
                for node in distinct(&nodes) {
                    let time = times.entry(node).or_default();
                    time.0 += done.busy.us() / servers.max(1);
                    time.1 += done.time.us();
                }
            }
        }
        let share = |(node, (busy, all)): (NodeId, (u64, u64))| {
            let share = (u128::from(busy) * 1_000_000).checked_div(all.into())?;
            Some((node, u32::try_from(share).unwrap_or(u32::MAX)))
        };
        times.into_iter().filter_map(share).collect()
    }
}

/// Starts whatever replicas fit, in their order: nodes are closed to others alone.
fn let_replicas_in(desk: &mut Desk<'_, '_, '_>) {
    let waiting = desk.queue.jobs();
    for job in waiting.into_iter().filter(|job| job.replica().is_some()) {
        if let Some(placement) = desk.lay(job)
            && desk.is_within_limits(job, &placement.seats)
        {
            desk.start(job, &placement);
        }
    }
}

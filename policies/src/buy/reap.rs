//! Reaping: a machine that has been idle for a while is given back. One of which hardly anything is used counts as idle too: it
//! is drained, and gone with its last job.

use sim_core::engine::Capacity;
use sim_core::units::{NodeId, OfferingId, SimTime, Span};

use super::Soon;
use crate::compose::Desk;

/// Gives back what is idle.
#[derive(Clone, Debug)]
pub struct Reaper {
    /// How long a machine may be idle; none: for ever.
    idle: Option<Span>,
    /// The share of its GPUs below which it is idle, in millionths.
    below: u32,
    /// By node: since when it has been idle.
    since: Vec<Option<SimTime>>,
    soon: Soon,
}

impl Reaper {
    /// Machines may be idle for so long, if not for ever; with less than `below` millionths of its GPUs used one is idle.
    pub fn new(idle: Option<Span>, below: u32) -> Self {
        Self {
            idle,
            below,
            since: Vec::new(),
            soon: Soon::default(),
        }
    }

    /// Gives back what has been idle for long enough, down to the minimum and but for the first `standby`, which is counted
    /// down; returns when the next may be.
    pub(crate) fn reap(
        &mut self,
        desk: &mut Desk<'_, '_, '_>,
        offering: OfferingId,
        standby: &mut u32,
    ) -> Option<SimTime> {
        let idle = self.idle?;
        let (now, mut next) = (desk.view.now(), None);
        self.make_room(desk);
        for node in desk.plan.capacity().slots_of(offering) {
            let empty = desk.plan.capacity().is_empty(node);
            let is_idle = empty || self.is_hardly_used(desk.plan.capacity(), node);
            let since = &mut self.since[node.index()];
            if !is_idle || !desk.plan.capacity().is_open(node) {
                *since = None;
            } else if empty && *standby > 0 {
                *since = None;
                *standby -= 1;
            } else {
                let due = since.get_or_insert(now).saturating_add(idle);
                if due > now {
                    next = Some(next.map_or(due, |next: SimTime| next.min(due)));
                } else if desk.plan.may_leave(node) {
                    *since = None;
                    let left = if empty {
                        desk.plan.release(node)
                    } else {
                        desk.plan.drain(node)
                    };
                    left.expect("it may leave");
                }
            }
        }
        next
    }

    /// When to see what can be had of what was given back now.
    pub(crate) fn look_again(&mut self, now: SimTime) -> Option<SimTime> {
        self.soon.after(now)
    }

    /// What an offering has idle is of use to a job that waits: none of it is given back.
    pub(crate) fn spare(
        &mut self,
        desk: &mut Desk<'_, '_, '_>,
        offering: OfferingId,
    ) -> Option<SimTime> {
        self.make_room(desk);
        for node in desk.plan.capacity().slots_of(offering) {
            self.since[node.index()] = None;
        }
        None
    }

    fn make_room(&mut self, desk: &Desk<'_, '_, '_>) {
        let slots = usize::try_from(desk.plan.capacity().slots()).expect("32 bits fit");
        self.since.resize(slots, None);
        self.soon.heed(desk.view.changes());
    }

    fn is_hardly_used(&self, capacity: &Capacity, node: NodeId) -> bool {
        if self.below == 0 {
            return false;
        }
        let gpus = capacity.shape(capacity.offering_of(node)).gpus;
        let free: u32 = (0..gpus).map(|gpu| capacity.free_milli(node, gpu)).sum();
        let used = u64::from(gpus * 1000 - free);
        used * 1000 < u64::from(self.below) * u64::from(gpus)
    }
}

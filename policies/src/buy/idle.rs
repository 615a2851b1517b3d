//! Idle machines: one that has been idle for a while is given back, unless a job waits that would use it.

use sim_core::units::{SimTime, Span};

use super::shop::Fleet;
use crate::compose::Desk;

/// Since when each machine has been idle.
#[derive(Clone, Debug, Default)]
pub struct Idle {
    /// By node slot.
    since: Vec<Option<SimTime>>,
}

impl Idle {
    /// Gives back what has been idle for `patience`, down to the minimum and to `least` machines; returns when the next
    /// may be.
    pub(super) fn reap(
        &mut self,
        desk: &mut Desk<'_, '_, '_>,
        fleet: &Fleet,
        patience: Span,
        least: u32,
    ) -> Option<SimTime> {
        let (now, mut next) = (desk.view.now(), None);
        let slots = usize::try_from(desk.plan.capacity().slots()).expect("32 bits fit");
        self.since.resize(slots, None);
        for node in desk.plan.capacity().slots_of(fleet.id) {
            let idle = desk.plan.capacity().is_open(node) && desk.plan.capacity().is_empty(node);
            let since = &mut self.since[node.index()];
            if !idle || fleet.useful {
                *since = None;
                continue;
            }
            let due = since.get_or_insert(now).saturating_add(patience);
            if due > now {
                next = Some(next.map_or(due, |next: SimTime| next.min(due)));
            } else if desk.plan.may_leave(node) && desk.plan.holds(fleet.id) > least {
                desk.plan.release(node).expect("it may leave, and is empty");
                *since = None;
            }
        }
        next
    }
}

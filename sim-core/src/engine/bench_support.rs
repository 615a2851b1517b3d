//! The pending-event set laid open to the benches. No part of the interface: it may change or go at any time.

use super::event::{Event, Pending};
use super::pending::PendingSet;
use crate::units::{NodeId, SimTime};

/// Timers, each of an entity; one that was cancelled does not ring.
#[derive(Debug, Default)]
pub struct Timers {
    set: PendingSet,
    /// By entity: when its timer rings, if it does.
    due: Vec<Option<SimTime>>,
}

impl Timers {
    /// None, of up to `entities` entities.
    pub fn new(entities: usize) -> Self {
        Self {
            set: PendingSet::default(),
            due: vec![None; entities],
        }
    }

    /// Sets the timer of an entity that has none.
    pub fn set(&mut self, entity: u32, at: SimTime) {
        self.due[NodeId(entity).index()] = Some(at);
        self.set
            .push(Pending::new(at, Event::Reclaim(NodeId(entity))));
    }

    /// The next to ring.
    pub fn ring(&mut self) -> Option<(SimTime, u32)> {
        loop {
            let pending = self.set.pop()?;
            let Event::Reclaim(node) = pending.event() else {
                unreachable!("timers are of nodes")
            };
            if self.due[node.index()] == Some(pending.time()) {
                self.due[node.index()] = None;
                return Some((pending.time(), node.0));
            }
            self.set.dropped();
        }
    }

    /// Cancels the timer of an entity.
    pub fn cancel(&mut self, entity: u32) {
        self.due[NodeId(entity).index()] = None;
        let due = &self.due;
        self.set.cancel(|pending| match pending.event() {
            Event::Reclaim(node) => due[node.index()] == Some(pending.time()),
            Event::Done(_)
            | Event::Price(_)
            | Event::Availability(_)
            | Event::Shock(..)
            | Event::Fail(..)
            | Event::Advise(..)
            | Event::Notice(..)
            | Event::Repair(..)
            | Event::Ready(_)
            | Event::Launch(_)
            | Event::Call(_)
            | Event::Arrival
            | Event::Wake
            | Event::Round => unreachable!("timers are of nodes"),
        });
    }
}

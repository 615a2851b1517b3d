//! A machine to reckon with: there, on its way, or new.

use sim_core::engine::Capacity;
use sim_core::units::{NodeId, OfferingId};

use super::nodes::{free, whole};
use crate::scale::cluster::Resources;

/// A machine, and what is left of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    pub(super) offering: OfferingId,
    pub(super) free: Resources,
    pub(super) stand: Stand,
}

/// Where a machine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Ready, and nobody reckons with it.
    Ready(NodeId),
    /// Ready, and some gang does.
    Claimed(NodeId),
    Booting,
    New,
}

impl Machine {
    /// One on which nobody reckons yet.
    pub(super) fn new(capacity: &Capacity, offering: OfferingId, stand: Stand) -> Self {
        Self {
            offering,
            free: whole(capacity.shape(offering)),
            stand,
        }
    }

    /// Whether it is ready.
    pub(super) fn is_there(&self) -> bool {
        match self.stand {
            Stand::Ready(_) | Stand::Claimed(_) => true,
            Stand::Booting | Stand::New => false,
        }
    }

    /// Takes up to so many tasks that need that; returns how many.
    pub(super) fn take(&mut self, capacity: &Capacity, need: &Resources, most: u32) -> u32 {
        if let Stand::Ready(node) = self.stand {
            self.free = free(capacity, node);
        }
        let room = self.free.times(need).unwrap_or(u64::from(u32::MAX));
        let tasks = u32::try_from(room).unwrap_or(u32::MAX).min(most);
        self.free = self.free.less(&need.by(tasks.into()));
        if let Stand::Ready(node) = self.stand
            && tasks > 0
        {
            self.stand = Stand::Claimed(node);
        }
        tasks
    }
}

//! Buying: what to hold.

mod queue_depth;
mod reap;

pub use queue_depth::QueueDepth;
pub use reap::Reaper;

use sim_core::engine::Wakes;
use sim_core::units::SimTime;

use crate::compose::Desk;

/// What to hold.
pub trait Buy: Send {
    /// Asks for machines, and gives some back; returns when it wants to look again.
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime>;

    /// What it wants to be asked after, beyond arrivals, ends and nodes.
    fn wakes_on(&self) -> Wakes {
        Wakes::NONE
    }

    /// An exact copy.
    fn fork(&self) -> Box<dyn Buy>;
}

/// The fleet stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct Keep;

impl Buy for Keep {
    fn buy(&mut self, _desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        None
    }

    fn fork(&self) -> Box<dyn Buy> {
        Box::new(*self)
    }
}

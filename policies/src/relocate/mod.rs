//! Moving: which running jobs go on elsewhere.

mod cheaper;
mod cost;
mod defragment;

pub use cheaper::Cheaper;
pub use defragment::Defragment;

use sim_core::engine::Wakes;
use sim_core::units::SimTime;

use crate::compose::Desk;

/// Which running jobs go on elsewhere.
pub trait Relocate: Send {
    /// Moves who is to move; returns when it wants to look again.
    fn relocate(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime>;

    /// What it wants to be asked after, beyond arrivals and nodes.
    fn wakes_on(&self) -> Wakes {
        Wakes::NONE
    }

    /// Whether it decides by the reclaims that were seen.
    fn watches_reclaims(&self) -> bool {
        false
    }

    /// An exact copy.
    fn fork(&self) -> Box<dyn Relocate>;
}

/// Everybody stays.
#[derive(Clone, Copy, Debug)]
pub struct Stay;

impl Relocate for Stay {
    fn relocate(&mut self, _desk: &mut Desk<'_, '_, '_>) -> Option<SimTime> {
        None
    }

    fn fork(&self) -> Box<dyn Relocate> {
        Box::new(*self)
    }
}

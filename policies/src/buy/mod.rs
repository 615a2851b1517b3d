//! Buying: what to hold.

mod again;
mod asked;
mod burst;
mod clock;
mod cluster_autoscaler;
mod evict;
mod fleet;
mod layers;
mod lot;
mod machine;
mod nodes;
mod outlook;
mod pools;
mod queue_depth;
mod reap;
mod risk;
mod route;
mod sheet;
mod shop;
mod spot_first;
mod stock;
mod trial;

pub use again::Again;
pub(crate) use again::Soon;
pub(crate) use asked::Asked;
pub use burst::Burst;
pub(crate) use burst::cloud_sides;
pub(crate) use clock::Clock;
pub use cluster_autoscaler::ClusterAutoscaler;
pub use layers::Layers;
pub(crate) use outlook::Outlook;
pub(crate) use pools::POOLS;
pub use pools::Pools;
pub use queue_depth::QueueDepth;
pub use reap::Reaper;
pub(crate) use risk::{machines, remaining};
pub(crate) use route::Sides;
pub(crate) use spot_first::Bears;
pub use spot_first::SpotFirst;
pub(crate) use stock::{booting, of_provider, to_be_had};

use sim_core::engine::{JobView, Wakes};
use sim_core::model::OfferingSet;
use sim_core::units::SimTime;

use crate::compose::{Desk, Sight};

/// What to hold.
pub trait Buy: Send {
    /// Asks for machines, and gives some back; returns when it wants to look again.
    fn buy(&mut self, desk: &mut Desk<'_, '_, '_>) -> Option<SimTime>;

    /// Where a job may lie; nowhere holds it back. Asked of every waiting job before anybody starts, if [`Buy::is_router`].
    fn routes(&self, _job: &JobView<'_>, _sight: &Sight<'_, '_>) -> OfferingSet {
        OfferingSet::ANY
    }

    /// Whether it says where jobs may lie.
    fn is_router(&self) -> bool {
        false
    }

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

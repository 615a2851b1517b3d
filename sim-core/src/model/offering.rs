//! An offering: an instance type in a market and a zone, as a numbered range of node slots.

use std::sync::Arc;

use super::mig::Profile;
use super::risk::Risk;
use super::terms::Terms;
use crate::units::{ModelId, Price, Span, ZoneId};
use crate::world::Curve;

/// What a node of an offering has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// GPUs, at most 64.
    pub gpus: u32,
    /// Their model.
    pub model: ModelId,
    /// CPU in thousandths of a core.
    pub cpu_milli: u32,
    /// Memory in MiB.
    pub memory_mib: u32,
}

/// How a node is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Market {
    /// Bought: a price an hour stands for its depreciation.
    Owned,
    /// Rented for as long as wanted.
    OnDemand,
    /// Committed to for a term, and paid whether used or not.
    Reserved,
    /// Rented cheaply, until the provider wants it back.
    Spot,
    /// Bought for a window of time.
    CapacityBlock,
    /// Paid only while jobs run on it.
    Serverless,
}

impl Market {
    /// All, in the order of the tables.
    pub const ALL: [Self; 6] = [
        Self::Owned,
        Self::OnDemand,
        Self::Reserved,
        Self::Spot,
        Self::CapacityBlock,
        Self::Serverless,
    ];

    /// Its name in a scenario.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owned => "owned",
            Self::OnDemand => "on-demand",
            Self::Reserved => "reserved",
            Self::Spot => "spot",
            Self::CapacityBlock => "capacity-block",
            Self::Serverless => "serverless",
        }
    }
}

/// An instance type in a market and a zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Offering {
    /// Name of the fleet.
    pub name: String,
    /// What each node has.
    pub shape: Shape,
    /// The slices into which each of its GPUs is partitioned as tasks ask for them; none where it is not.
    pub mig: Option<Arc<[Profile]>>,
    /// How it is paid for.
    pub market: Market,
    /// Where it is.
    pub zone: ZoneId,
    /// Nodes to a rack; slots fill racks in order.
    pub rack_size: u32,
    /// Nodes that are ready at time zero, as far as the provider has them.
    pub initial: u32,
    /// Nodes that a policy may not release below.
    pub min: u32,
    /// Most nodes at a time: the number of slots.
    pub max: u32,
    /// Whether lost nodes, up to the initial number, come back by themselves as soon as the provider has them.
    pub standing: bool,
    /// From the grant of a request to a node that is ready.
    pub boot: Span,
    /// Warning before a node is taken away.
    pub notice: Span,
    /// Price an hour of a node, from request to release.
    pub price: Curve<Price>,
    /// Whether policies see how many nodes the provider has; else they learn it by asking for some.
    pub visible: bool,
    /// How what is held is charged at that price.
    pub terms: Terms,
    /// Nodes the provider has: what is held beyond it is taken away, highest slot first.
    pub availability: Curve<u32>,
    /// What may go wrong with them.
    pub risk: Risk,
}

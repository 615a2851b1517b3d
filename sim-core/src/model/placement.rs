//! Where a gang lies: asked for as a placement, granted as an allocation.

use smallvec::SmallVec;

use super::demand::GpuSet;
use super::mig::Start;
use crate::units::NodeId;

/// Tasks of one role on one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat {
    /// The node.
    pub node: NodeId,
    /// Which role of the gang.
    pub role: u16,
    /// How many of its tasks; one, if they share a GPU.
    pub tasks: u32,
    /// Their GPUs. Empty in a placement lets the engine choose: the lowest free ones, or, for a share or a slice,
    /// the GPU whose free part is the tightest.
    pub gpus: GpuSet,
    /// Where its slice starts on its GPU, if it takes one. In a placement it is said only with the GPU, or else the engine
    /// chooses: so that the most starts are left.
    pub start: Start,
}

impl Seat {
    /// Tasks of a role on GPUs that the engine chooses.
    pub const fn anywhere(node: NodeId, role: u16, tasks: u32) -> Self {
        Self {
            node,
            role,
            tasks,
            gpus: GpuSet::EMPTY,
            start: Start::NONE,
        }
    }
}

/// Seats of a gang; up to four without a heap allocation.
pub type Seats = SmallVec<[Seat; 4]>;

/// Where a policy asks a gang to lie.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// One or more seats per role, in any order.
    pub seats: Seats,
}

/// Where a gang lies: GPUs named, seats in the order asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    pub(crate) seats: Seats,
}

impl Allocation {
    /// Its seats.
    pub fn seats(&self) -> &[Seat] {
        &self.seats
    }

    /// Number of different nodes.
    pub fn nodes(&self) -> usize {
        let first = |position: usize| {
            let node = self.seats[position].node;
            self.seats[..position]
                .iter()
                .all(|earlier| earlier.node != node)
        };
        (0..self.seats.len())
            .filter(|position| first(*position))
            .count()
    }
}

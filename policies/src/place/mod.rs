//! Placements: where a role of a gang lies. Each finds a placement whenever its own rule allows one.

mod consolidate;
mod fgd;
mod fill;
mod first_fit;
mod fit;
mod gpu_clustering;
mod gpu_packing;
mod rack_aware;
mod random;
mod random_node;
mod rated;
mod scored;
mod sites;
mod spots;
mod spread;
mod vector_fit;
mod yarn;

pub use consolidate::Consolidate;
pub use fgd::Fgd;
pub(crate) use fill::{Offerings, empty_room, fill, groups, room_in};
pub use first_fit::FirstFit;
pub use fit::{BestFit, WorstFit};
pub use gpu_clustering::GpuClustering;
pub use gpu_packing::GpuPacking;
pub use rack_aware::RackAware;
pub use random::Random;
pub use random_node::RandomNode;
pub use rated::{MOST_TOLD, Rated, Scales, Weighed};
pub use spread::Spread;
pub use vector_fit::{DotProd, VectorFit};
pub use yarn::Yarn;

use sim_core::engine::{Capacity, View};
use sim_core::model::{ModelSet, Placement, Role, Seats};
use sim_core::units::JobId;

/// Where a role of a gang lies.
pub trait Place: Send {
    /// Seats for all tasks of `role` on nodes with one of `models`, or `None` if the rule finds none. A gang of several
    /// nodes lies on one GPU model.
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats>;

    /// Takes note of what has changed since the last time, before anybody is laid.
    fn note(&mut self, _view: &View<'_>) {}

    /// Takes note of where the plan has just put a waiting job.
    fn seated(&mut self, _job: JobId, _placement: &Placement, _view: &View<'_>) {}

    /// For explanations: the nodes on which the first tasks of `role` would lie as things stand, with their scores, in any order;
    /// none where the rule goes by no score.
    fn rated(&mut self, _capacity: &Capacity, _role: &Role, _models: ModelSet) -> Vec<Rated> {
        Vec::new()
    }

    /// An exact copy, the position of its random stream included.
    fn fork(&self) -> Box<dyn Place>;
}

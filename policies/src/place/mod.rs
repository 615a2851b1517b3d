//! Placements: where a role of a gang lies. Each finds a placement whenever its own rule allows one.

mod consolidate;
mod fill;
mod first_fit;
mod fit;
mod rack_aware;
mod random;
mod spread;

pub use consolidate::Consolidate;
pub(crate) use fill::{Offerings, empty_room, fill, groups, room_in};
pub use first_fit::FirstFit;
pub use fit::{BestFit, WorstFit};
pub use rack_aware::RackAware;
pub use random::Random;
pub use spread::Spread;

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};

/// Where a role of a gang lies.
pub trait Place: Send {
    /// Seats for all tasks of `role` on nodes with one of `models`, or `None` if the rule finds none. A gang of several
    /// nodes lies on one GPU model.
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats>;

    /// An exact copy, the position of its random stream included.
    fn fork(&self) -> Box<dyn Place>;
}

//! First-fit: nodes in the order of their ids, each filled before the next.

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};

use super::{Place, fill};

/// First-fit.
#[derive(Clone, Copy, Debug)]
pub struct FirstFit;

impl Place for FirstFit {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        let groups = fill::groups(capacity, role, models);
        groups.iter().find_map(|group| {
            fill::fill(
                capacity,
                role,
                group.iter().flat_map(|offering| capacity.nodes(*offering)),
            )
        })
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

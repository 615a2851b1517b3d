//! Random: nodes in a random order, each filled before the next.

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};
use sim_core::units::NodeId;
use sim_core::world::draw::{Part, Stream};

use super::{Place, fill};

/// Random, from the policy's own stream.
#[derive(Clone, Debug)]
pub struct Random {
    luck: Stream,
}

impl Random {
    /// Draws by `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            luck: Stream::new(seed, &[Part::Name("policy"), Part::Name("place-random")]),
        }
    }
}

impl Place for Random {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        for group in fill::groups(capacity, role, models) {
            let nodes = group.iter().flat_map(|offering| capacity.nodes(*offering));
            let mut nodes: Vec<NodeId> = nodes
                .filter(|node| capacity.room(*node, &role.demand) > 0)
                .collect();
            self.shuffle(&mut nodes);
            let seats = fill::fill(capacity, role, nodes.into_iter());
            if seats.is_some() {
                return seats;
            }
        }
        None
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(self.clone())
    }
}

impl Random {
    fn shuffle(&mut self, nodes: &mut [NodeId]) {
        for end in (1..nodes.len()).rev() {
            let bound = u64::try_from(end + 1).expect("few nodes");
            let other = usize::try_from(self.luck.below(bound)).expect("below a length");
            nodes.swap(end, other);
        }
    }
}

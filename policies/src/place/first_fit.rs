//! First-fit: nodes in the order of their ids, each filled before the next.

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};

use super::{Place, Rated, fill};

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

    /// The first of a group of nodes is best, and the first group that has the room.
    fn rated(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Vec<Rated> {
        let nodes = |group: &fill::Offerings| {
            let all = group.iter().flat_map(|offering| capacity.nodes(*offering));
            let roomy = all.filter(|node| capacity.fits(*node, &role.demand, 1));
            roomy.collect::<Vec<_>>()
        };
        let groups = fill::groups(capacity, role, models);
        let mut groups = groups.iter().map(nodes);
        let first =
            groups.find(|nodes| fill::fill(capacity, role, nodes.iter().copied()).is_some());
        let places = (0_u32..).zip(first.unwrap_or_default());
        let rated = places.map(|(place, node)| Rated {
            node,
            score: -f64::from(place),
        });
        rated.collect()
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

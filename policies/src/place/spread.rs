//! Spread: as many nodes as there are tasks, where possible: one task a node and round, the emptiest nodes first.

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};
use sim_core::units::{NodeId, OfferingId};

use super::{Place, Rated, fill, fit};

/// Spread: a lost node takes few tasks with it.
#[derive(Clone, Copy, Debug)]
pub struct Spread;

impl Place for Spread {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        fill::groups(capacity, role, models)
            .iter()
            .find_map(|group| spread(capacity, role, group))
    }

    fn rated(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Vec<Rated> {
        let groups = fill::groups(capacity, role, models);
        let taken = groups
            .iter()
            .find(|group| spread(capacity, role, group).is_some());
        taken.map_or_else(Vec::new, |group| fit::emptiest(capacity, role, group))
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

fn spread(capacity: &Capacity, role: &Role, group: &[OfferingId]) -> Option<Seats> {
    let walk = fill::emptiest(capacity, group, role.demand.whole_gpus());
    let rooms = walk
        .map(|node| (node, capacity.room(node, &role.demand)))
        .filter(|(_, room)| *room > 0);
    // A node beyond the number of tasks is never reached.
    let tasks = usize::try_from(role.tasks).expect("32 bits fit");
    let rooms: Vec<(NodeId, u32)> = rooms.take(tasks).collect();
    let (mut given, mut left) = (vec![0_u32; rooms.len()], role.tasks);
    while left > 0 {
        let before = left;
        for (position, (_, room)) in rooms.iter().enumerate() {
            if left > 0 && given[position] < *room {
                given[position] += 1;
                left -= 1;
            }
        }
        if left == before {
            return None;
        }
    }
    let mut seats = Seats::new();
    for ((node, _), tasks) in rooms.iter().zip(given) {
        fill::seat(&mut seats, *node, tasks, role);
    }
    Some(seats)
}

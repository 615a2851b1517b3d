//! Consolidate: the fewest nodes on which the gang could lie if those there are were empty, or none; it waits rather than
//! scatter.

use std::cmp::Reverse;

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};
use sim_core::units::{NodeId, OfferingId};

use super::{BestFit, Place, Rated, fill};

/// As best-fit, but refuses a placement on more nodes than empty ones would need.
#[derive(Clone, Copy, Debug)]
pub struct Consolidate;

impl Place for Consolidate {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        let groups = fill::groups(capacity, role, models);
        let fewest = groups
            .iter()
            .filter_map(|group| fewest(capacity, role, group))
            .min()?;
        let best = BestFit.lay(capacity, role, models);
        if let Some(seats) = best.filter(|seats| nodes(seats) <= fewest) {
            return Some(seats);
        }
        // Best-fit takes the first model that has the room, and the nodes with the most free GPUs, which are not
        // always those that hold the most tasks.
        let tight =
            |group| fewest_now(capacity, role, group).filter(|seats| nodes(seats) <= fewest);
        groups.iter().find_map(|group| tight(group))
    }

    fn rated(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Vec<Rated> {
        BestFit.rated(capacity, role, models)
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

fn nodes(seats: &Seats) -> u32 {
    let mut ids: Vec<_> = seats.iter().map(|seat| seat.node).collect();
    ids.sort_unstable();
    ids.dedup();
    u32::try_from(ids.len()).expect("few nodes")
}

/// On the nodes that hold the most tasks as they are.
fn fewest_now(capacity: &Capacity, role: &Role, group: &[OfferingId]) -> Option<Seats> {
    let open = group.iter().flat_map(|offering| capacity.nodes(*offering));
    let mut nodes: Vec<NodeId> = open.collect();
    nodes.sort_by_key(|node| (Reverse(capacity.room(*node, &role.demand)), *node));
    fill::fill(capacity, role, nodes.into_iter())
}

/// Nodes needed on this model if those there are were empty: the roomiest ones. `None` if all would not do.
fn fewest(capacity: &Capacity, role: &Role, group: &[OfferingId]) -> Option<u32> {
    let mut rooms: Vec<(u32, u32)> = group
        .iter()
        .map(|offering| {
            (
                fill::empty_room(capacity, role, *offering),
                capacity.open_nodes(*offering),
            )
        })
        .filter(|(room, _)| *room > 0)
        .collect();
    rooms.sort_unstable_by_key(|(room, _)| Reverse(*room));
    let (mut left, mut count) = (role.tasks, 0);
    for (room, nodes) in rooms {
        let used = left.div_ceil(room).min(nodes);
        count += used;
        left = left.saturating_sub(used.saturating_mul(room));
    }
    (left == 0).then_some(count)
}

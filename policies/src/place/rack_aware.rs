//! Rack-aware: a gang that needs several nodes lies in one rack if any rack has the room, the tightest such rack; else
//! wherever best-fit puts it.

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};
use sim_core::units::{NodeId, OfferingId, RackId};

use super::{BestFit, Place, Rated, fill};

/// Rack-aware best-fit.
#[derive(Clone, Copy, Debug)]
pub struct RackAware;

impl Place for RackAware {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        let all = fill::allowed(capacity, role, models);
        let in_rack = if is_for_one(capacity, role, &all) {
            None
        } else {
            tightest(capacity, role, &all)
        };
        in_rack.or_else(|| BestFit.lay(capacity, role, models))
    }

    /// Racks have no score, and what lies on one node goes by none of them.
    fn rated(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Vec<Rated> {
        let all = fill::allowed(capacity, role, models);
        if is_for_one(capacity, role, &all) {
            BestFit.rated(capacity, role, models)
        } else {
            Vec::new()
        }
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

/// Whether a role lies on one node.
fn is_for_one(capacity: &Capacity, role: &Role, group: &[OfferingId]) -> bool {
    role.tasks == 1 || fill::one_node(capacity, role, group, true).is_some()
}

fn tightest(capacity: &Capacity, role: &Role, group: &[OfferingId]) -> Option<Seats> {
    let needed = role.demand.whole_gpus().saturating_mul(role.tasks);
    let racks = group
        .iter()
        .flat_map(|offering| capacity.racks(*offering).map(move |rack| (*offering, rack)));
    let enough = racks.filter(|(_, rack)| capacity.rack_free_gpus(*rack) >= needed);
    let mut candidates: Vec<(u32, RackId, OfferingId)> = enough
        .map(|(offering, rack)| (capacity.rack_free_gpus(rack), rack, offering))
        .collect();
    candidates.sort_unstable();
    candidates.into_iter().find_map(|(_, rack, offering)| {
        let mut nodes: Vec<NodeId> = capacity.rack_nodes(offering, rack).collect();
        nodes.sort_by_key(|node| (std::cmp::Reverse(capacity.room(*node, &role.demand)), *node));
        fill::fill(capacity, role, nodes.into_iter())
    })
}

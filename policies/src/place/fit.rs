//! Best-fit and worst-fit: the node that is left with the fewest, or the most, free GPUs. A gang too large for one node
//! takes the emptiest nodes first, so that it lies on few, and its remainder is fitted by the same rule.

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};
use sim_core::units::{NodeId, OfferingId};

use super::{Place, Rated, fill};

/// Best-fit: keeps large holes for large gangs.
#[derive(Clone, Copy, Debug)]
pub struct BestFit;

/// Worst-fit: keeps load even.
#[derive(Clone, Copy, Debug)]
pub struct WorstFit;

impl Place for BestFit {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        fit(capacity, role, models, true)
    }

    fn rated(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Vec<Rated> {
        rated(capacity, role, models, true)
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

impl Place for WorstFit {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        fit(capacity, role, models, false)
    }

    fn rated(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Vec<Rated> {
        rated(capacity, role, models, false)
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

fn fit(capacity: &Capacity, role: &Role, models: ModelSet, tightest: bool) -> Option<Seats> {
    let all = fill::allowed(capacity, role, models);
    if !fill::may_fit(capacity, role, &all) {
        return None;
    }
    if let Some(node) = fill::one_node(capacity, role, &all, tightest) {
        let mut seats = Seats::new();
        fill::seat(&mut seats, node, role.tasks, role);
        return Some(seats);
    }
    if role.tasks == 1 {
        return None;
    }
    fill::groups(capacity, role, models)
        .iter()
        .find_map(|group| span(capacity, role, group, tightest))
}

/// Nodes on which all tasks fit, by their free GPUs; where there is none, those with room for some, the emptiest first.
fn rated(capacity: &Capacity, role: &Role, models: ModelSet, tightest: bool) -> Vec<Rated> {
    let all = fill::allowed(capacity, role, models);
    let free = |node| f64::from(capacity.free_on(node).count());
    let mut rated = Vec::new();
    for offering in &all {
        let sharing: Vec<NodeId> = capacity.nodes_sharing(*offering).collect();
        let fitting = capacity
            .nodes(*offering)
            .filter(|node| capacity.fits(*node, &role.demand, role.tasks));
        rated.extend(fitting.map(|node| {
            let score = if tightest {
                -free(node) - fill::freshness(capacity, role, (node, sharing.contains(&node)))
            } else {
                free(node)
            };
            Rated { node, score }
        }));
    }
    if !rated.is_empty() {
        return rated;
    }
    let groups = fill::groups(capacity, role, models);
    let taken = groups
        .iter()
        .find(|group| span(capacity, role, group, tightest).is_some());
    taken.map_or_else(Vec::new, |group| emptiest(capacity, role, group))
}

/// Nodes with room for a task by their free GPUs.
pub(super) fn emptiest(capacity: &Capacity, role: &Role, group: &[OfferingId]) -> Vec<Rated> {
    let walk = fill::emptiest(capacity, group, role.demand.whole_gpus());
    let roomy = walk.filter(|node| capacity.fits(*node, &role.demand, 1));
    let rated = roomy.map(|node| Rated {
        node,
        score: f64::from(capacity.free_on(node).count()),
    });
    rated.collect()
}

/// Several nodes: the emptiest are filled, and what is left goes onto one more by the rule.
pub(super) fn span(
    capacity: &Capacity,
    role: &Role,
    group: &[OfferingId],
    tightest: bool,
) -> Option<Seats> {
    if !fill::may_fit(capacity, role, group) {
        return None;
    }
    // A node with fewer free GPUs than a task wants has no room for any.
    let least = role.demand.whole_gpus();
    let walk = fill::emptiest(capacity, group, least);
    let mut seats = fill::fill(capacity, role, walk)?;
    let last = seats.last().expect("a role has a task").node;
    let whole = |seats: &Seats| {
        seats
            .iter()
            .filter(|seat| seat.node != last)
            .map(|seat| seat.tasks)
            .sum::<u32>()
    };
    let rest = Role {
        tasks: role.tasks - whole(&seats),
        ..*role
    };
    let used = |node| seats.iter().any(|seat| seat.node == node && node != last);
    let fits = |node: &_| !used(*node) && capacity.fits(*node, &role.demand, rest.tasks);
    let better = if tightest {
        fill::tightest(capacity, group, least).find(fits)
    } else {
        None
    };
    if let Some(node) = better.filter(|node| *node != last) {
        seats.retain(|seat| seat.node != last);
        fill::seat(&mut seats, node, rest.tasks, role);
    }
    Some(seats)
}

//! Best-fit and worst-fit: the node that is left with the fewest, or the most, free GPUs. A gang too large for one node
//! takes the emptiest nodes first, so that it lies on few, and its remainder is fitted by the same rule.

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};
use sim_core::units::OfferingId;

use super::{Place, fill};

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

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

impl Place for WorstFit {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        fit(capacity, role, models, false)
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

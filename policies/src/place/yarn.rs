//! Yarn: a role lies in one rack, on one node if an empty one could hold it, else on whole idle nodes with the remainder on one
//! more; the first rack and the first nodes that will do, or it waits. So Tiresias places by YARN.
//!
//! What the open nodes of no rack could hold, were they empty, lies on nodes in the order of their ids: in the published
//! simulator such a job never starts. A role that another of its own gang leaves no rack waits for ever.

use sim_core::engine::Capacity;
use sim_core::model::{ModelSet, Role, Seats};
use sim_core::units::{NodeId, OfferingId, RackId, convert};

use super::{FirstFit, Place, fill};

/// One rack or none.
#[derive(Clone, Copy, Debug)]
pub struct Yarn;

impl Place for Yarn {
    fn lay(&mut self, capacity: &Capacity, role: &Role, models: ModelSet) -> Option<Seats> {
        let offerings = fill::allowed(capacity, role, models);
        let racks = || {
            let racks = |offering: &OfferingId| {
                let offering = *offering;
                capacity.racks(offering).map(move |rack| (offering, rack))
            };
            offerings.iter().flat_map(racks)
        };
        let found = racks().find_map(|rack| in_rack(capacity, role, rack));
        if found.is_none() && !racks().any(|rack| could_hold(capacity, role, rack)) {
            return FirstFit.lay(capacity, role, models);
        }
        found
    }

    fn fork(&self) -> Box<dyn Place> {
        Box::new(*self)
    }
}

/// Whether the open nodes of a rack could hold the role if they were empty.
fn could_hold(capacity: &Capacity, role: &Role, (offering, rack): (OfferingId, RackId)) -> bool {
    let each = fill::empty_room(capacity, role, offering);
    let nodes = capacity.rack_nodes(offering, rack);
    let nodes = convert::narrow(nodes.filter(|node| capacity.is_open(*node)).count());
    each > 0 && role.tasks.div_ceil(each) <= nodes
}

fn in_rack(
    capacity: &Capacity,
    role: &Role,
    (offering, rack): (OfferingId, RackId),
) -> Option<Seats> {
    let each = fill::empty_room(capacity, role, offering);
    let idle = role.tasks.checked_div(each)?;
    let rest = role.tasks % each;
    let room = |node: &NodeId| capacity.room(*node, &role.demand);
    let nodes = || capacity.rack_nodes(offering, rack);
    let whole: Vec<NodeId> = nodes()
        .filter(|node| room(node) >= each)
        .take(convert::index(idle))
        .collect();
    if convert::narrow(whole.len()) < idle {
        return None;
    }
    let mut seats = Seats::new();
    for node in &whole {
        fill::seat(&mut seats, *node, each, role);
    }
    if rest > 0 {
        let more = nodes().find(|node| room(node) >= rest && !whole.contains(node))?;
        fill::seat(&mut seats, more, rest, role);
    }
    Some(seats)
}

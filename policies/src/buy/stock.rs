//! Stock: what is to be had of a fleet, and what of it is on its way.
//!
//! Who asks for machines of one fleet asks here first: its maximum, the quotas that it shares with
//! others, and what the provider shows bind alike. Who shops in several at once reckons with what
//! quotas leave itself.

use sim_core::engine::{Capacity, NodePhase, Plan, View};
use sim_core::units::{NodeId, OfferingId, convert};

/// Machines of a fleet that are to be had beside those held, the plan so far included.
pub(crate) fn to_be_had(view: &View<'_>, plan: &Plan<'_>, id: OfferingId) -> u32 {
    of_provider(view, plan, id).min(plan.room(id))
}

/// The same if no quota forbade it.
pub(crate) fn of_provider(view: &View<'_>, plan: &Plan<'_>, id: OfferingId) -> u32 {
    let Some(offering) = view.offering(id) else {
        return 0;
    };
    let most = offering.max.min(offering.available);
    most.saturating_sub(plan.holds(id))
}

/// Machines of a fleet that boot; those that the plan asks for are not among them.
pub(crate) fn booting(view: &View<'_>, capacity: &Capacity, id: OfferingId) -> u32 {
    let boots = |node: &NodeId| {
        let node = view.node(*node);
        node.is_some_and(|node| node.phase == NodePhase::Booting)
    };
    convert::narrow(capacity.slots_of(id).filter(boots).count())
}

//! Lots: what a job is offered of the fleets of one GPU model, and whether that can ever be enough.

use sim_core::engine::{Capacity, Headroom};
use sim_core::model::Role;
use sim_core::units::convert;

use super::fleet::{Fleet, MACHINE};
use crate::place::{Offerings, empty_room};

/// What a job is offered of a fleet: the lowest tier is taken first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Tier of the machines that boot.
    pub(crate) coming: u8,
    /// Tier of new ones.
    pub(crate) new: u8,
}

/// Some machines of a fleet: up to `most` of them, those that boot first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lot {
    pub(super) fleet: usize,
    pub(super) tier: u8,
    pub(super) most: u64,
    /// What a task takes of a machine, in millionths.
    pub(super) share: u64,
}

/// What is offered of each fleet of a group: its machines that boot, and then these with new ones.
pub(super) fn lots(
    fleets: &[Fleet],
    capacity: &Capacity,
    (role, group): (&Role, &Offerings),
    offer: impl Fn(&Fleet) -> Option<Offer>,
) -> Vec<Lot> {
    let mut lots = Vec::new();
    for (position, fleet) in fleets.iter().enumerate() {
        let room = u64::from(empty_room(capacity, role, fleet.id));
        let offered = offer(fleet).filter(|_| room > 0 && group.contains(&fleet.id));
        let Some(offer) = offered else { continue };
        let lot = |tier, most| Lot {
            fleet: position,
            tier,
            most,
            share: MACHINE.div_ceil(room).max(1),
        };
        lots.push(lot(offer.coming, fleet.booting));
        lots.push(lot(offer.new, fleet.booting + fleet.spare));
    }
    lots
}

/// Whether a group has the machines for a role, were all that quotas leave there and empty.
pub(super) fn is_enough(
    capacity: &Capacity,
    role: &Role,
    group: &Offerings,
    headroom: &Headroom,
) -> bool {
    let rooms = group.iter().map(|id| {
        let slots = convert::narrow(capacity.slots_of(*id).count());
        (*id, slots, empty_room(capacity, role, *id))
    });
    headroom.tasks(rooms) >= u64::from(role.tasks)
}

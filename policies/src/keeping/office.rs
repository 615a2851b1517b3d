//! Office hours: some fleets are closed at night and on other days. Then nothing starts on them and none of them is bought;
//! idle machines go at once, busy ones with their last job; in the morning some are there again. A fleet does not shrink
//! below its minimum: what stays of it is only not started on.

use sim_core::engine::Wakes;
use sim_core::units::{NodeId, OfferingId, SimTime};

use super::{Keeper, Shut};
use crate::compose::Desk;
use crate::hours::Hours;

/// Opening hours of some fleets, by the scenario's calendar.
#[derive(Clone, Debug)]
pub struct Office {
    /// Names of the fleets; none: all.
    pub fleets: Vec<String>,
    /// When they are open.
    pub hours: Hours,
    /// Whether busy machines go when they are idle even if that is in the morning.
    pub drain: bool,
    /// Machines of each to hold from the morning on.
    pub morning: u32,
    /// Whether they were open when last looked at.
    pub was_open: bool,
}

impl Keeper for Office {
    fn begin(&mut self, desk: &mut Desk<'_, '_, '_>, shut: &mut Shut) -> Option<SimTime> {
        let (now, calendar) = (desk.view.now(), desk.view.calendar());
        let open = self.hours.hold_at(calendar, now);
        let opens = open && !self.was_open;
        self.was_open = open;
        if !open || opens {
            let mine = |name: &str| self.fleets.is_empty() || self.is_mine(name);
            let offerings = desk.view.offerings();
            let offerings = offerings.filter(|(_, offering)| mine(offering.name));
            for id in offerings.map(|(id, _)| id).collect::<Vec<_>>() {
                if open {
                    self.welcome(desk, id, shut);
                } else {
                    shut.resize(
                        desk.plan.capacity().offerings().count().max(shut.len()),
                        false,
                    );
                    shut[id.index()] = true;
                    for node in desk.plan.capacity().slots_of(id) {
                        self.close(desk, node);
                    }
                }
            }
        }
        self.hours.next_change(calendar, now)
    }

    fn wakes_on(&self) -> Wakes {
        if self.was_open {
            Wakes::NONE
        } else {
            Wakes::END
        }
    }

    fn fork(&self) -> Box<dyn Keeper> {
        Box::new(self.clone())
    }
}

impl Office {
    /// A fleet that a file lists has an offering for each shape, named after it.
    fn is_mine(&self, offering: &str) -> bool {
        let fleet = offering
            .split_once('/')
            .map_or(offering, |(fleet, _)| fleet);
        let mut fleets = self.fleets.iter();
        fleets.any(|name| name == offering || name == fleet)
    }

    /// Asks for what shall be there in the morning.
    fn welcome(&self, desk: &mut Desk<'_, '_, '_>, id: OfferingId, shut: &Shut) {
        let offering = desk.view.offering(id).expect("of the view");
        let missing = self.morning.min(offering.max);
        let missing = missing.saturating_sub(desk.plan.holds(id));
        let missing = missing.min(desk.plan.room(id));
        if missing > 0 && shut.get(id.index()) != Some(&true) {
            desk.plan.request(id, missing).expect("there is room");
        }
    }

    fn close(&self, desk: &mut Desk<'_, '_, '_>, node: NodeId) {
        let (empty, may_leave) = (
            desk.plan.capacity().is_empty(node),
            desk.plan.may_leave(node),
        );
        if may_leave && empty {
            desk.plan.release(node).expect("it may leave, and is empty");
        } else if may_leave && self.drain {
            desk.plan.drain(node).expect("it may leave");
        } else {
            desk.plan.set_aside(node);
        }
    }
}

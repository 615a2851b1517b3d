//! What was asked of providers that do not say what they have: who does not give it is left alone for a while.
//!
//! For five minutes at first, then twice as long each time; after ten times in vain nothing but an event leads to another try.

use sim_core::units::{OfferingId, SimTime, Span};

use super::Again;
use super::sheet::Sheet;
use crate::compose::Desk;

const AT_LEAST: Span = Span::from_secs(300);

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    again: Again,
    /// Machines held if all were given.
    last: Vec<(OfferingId, u32)>,
    /// Until when fleets are not asked.
    shunned: Vec<(OfferingId, SimTime)>,
    retry: Option<SimTime>,
}

impl Asked {
    /// Asks for the new machines of a sheet.
    pub(super) fn request(&mut self, desk: &mut Desk<'_, '_, '_>, sheet: &Sheet) {
        for (fleet, machines) in sheet.bought() {
            let asked = desk.plan.request(fleet, machines);
            asked.expect("reckoned with what is to be had");
            if desk.view.offering(fleet).is_some_and(|of| !of.visible) {
                self.last.push((fleet, desk.plan.holds(fleet)));
            }
        }
    }

    /// Takes note of what came of the last ones.
    pub(super) fn heed(&mut self, desk: &Desk<'_, '_, '_>) {
        let now = desk.view.now();
        self.shunned.retain(|(_, until)| *until > now);
        let mut short = std::mem::take(&mut self.last);
        if short.is_empty() {
            return;
        }
        short.retain(|(fleet, holds)| desk.plan.holds(*fleet) < *holds);
        self.retry = self.again.after(!short.is_empty(), now);
        let until = self.retry.unwrap_or(now.saturating_add(AT_LEAST));
        let shunned = short.into_iter().map(|(fleet, _)| (fleet, until));
        self.shunned.extend(shunned);
    }

    /// Whether a fleet may be asked.
    pub(super) fn may(&self, fleet: OfferingId) -> bool {
        self.shunned.iter().all(|(shunned, _)| *shunned != fleet)
    }

    /// When one is to be asked again.
    pub(super) fn retry(&self, now: SimTime) -> Option<SimTime> {
        self.retry.filter(|at| *at > now)
    }
}

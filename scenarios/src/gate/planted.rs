//! A scenario made worse on purpose, to prove that the gate can fail.
//!
//! The policies themselves are left as they are and are asked too seldom: only at every multiple of a period. Jobs wait for it,
//! machines idle until it, as in a scheduler that has become slow, and everything that is measured is measured on such flights.

use sim_core::units::Span;

use crate::schema::{Loaded, Scenario, Spanned, Trigger};

/// Periods that are tried, from the mildest on, in minutes.
pub const PERIODS: [u64; 5] = [10, 60, 6 * 60, 24 * 60, 7 * 24 * 60];

/// The same scenario, its policies asked only every so often; none where they are asked as seldom already.
pub fn planted(loaded: &Loaded, period: Span) -> Option<Loaded> {
    let is_milder = |scenario: &Scenario| match scenario.engine.trigger {
        Trigger::Round(own) => own.value < period,
        Trigger::Event | Trigger::Step => true,
    };
    if !is_milder(&loaded.scenario) {
        return None;
    }
    let mut loaded = loaded.clone();
    let place = loaded.scenario.name.place;
    let slow = Trigger::Round(Spanned::new(period, place));
    loaded.scenario.engine.trigger = slow;
    for (_, own) in &mut loaded.brought {
        own.engine.trigger = slow;
    }
    Some(loaded)
}

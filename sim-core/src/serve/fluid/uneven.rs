//! Unevenness: how far what replicas are seen to have done departs from its mean, interval by interval.
//!
//! Requests come by chance, so over a few seconds replicas are at work for more or less than on average, and an autoscaler
//! that goes by the highest of many short looks follows the peaks. A mean shows it none. What is seen therefore varies as it
//! would request by request: a draw for each interval of [`CELL_S`] seconds, whose variance is that of servers at work,
//! averaged over the interval, if their correlation decays exponentially.
//!
//! Only what is seen varies, not what flows. Neighbouring intervals are independent, so work that takes much longer than one
//! swings more slowly than this has it.

use super::Steady;
use crate::serve::request::Luck;
use crate::units::convert;
use crate::world::draw::{Part, Stream};

/// Seconds of an interval: as long as the horizontal pod autoscaler waits between two looks.
const CELL_S: f64 = 15.0;

/// How many servers are at work, by chance, in a steady state.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Chance {
    /// Variance of their number.
    pub variance: f64,
    /// For how long it is much the same, in seconds.
    pub lasts_s: f64,
}

impl Chance {
    /// Standard deviation of the mean number over so many seconds.
    pub fn deviation(&self, over_s: f64) -> f64 {
        let turns = over_s / self.lasts_s;
        let averaged = if turns > 1e-6 {
            2.0 / turns * (1.0 + libm::expm1(-turns) / turns)
        } else {
            1.0
        };
        (self.variance * averaged).max(0.0).sqrt()
    }
}

/// Seconds for which each server was at work beyond the mean, from one instant to a later one.
pub(super) fn beyond(
    luck: &Luck,
    (from_s, to_s): (f64, f64),
    steady: &Steady,
    servers: f64,
) -> f64 {
    let deviation = steady.chance.deviation(CELL_S) / servers;
    // As much below the mean as above it, and never more than all of the time.
    let most = steady.busy.min(1.0 - steady.busy);
    let (mut from_s, mut beyond) = (from_s, 0.0);
    while from_s < to_s {
        let cell = convert::floor(from_s / CELL_S);
        let end_s = ((convert::real(cell) + 1.0) * CELL_S).min(to_s);
        let name = [
            Part::Name("seen"),
            Part::Name(&luck.service),
            Part::Number(cell),
        ];
        let drawn = Stream::new(luck.seed, &name).normal();
        beyond += (drawn * deviation).clamp(-most, most) * (end_s - from_s);
        from_s = end_s;
    }
    beyond
}

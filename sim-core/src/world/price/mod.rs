//! Prices: generated step curves in nano-dollars an hour, on a lattice of $0.0001, and what tests do
//! with them.
//!
//! A price is walked in logarithms and quantised only where it is shown, so that small steps add up; it is
//! held to its floor and cap exactly, even where these lie off the lattice.

mod auction;
mod jumps;
mod smoothed;
#[cfg(test)]
mod tests;

pub use auction::Auction;
pub use jumps::Jumps;
pub use smoothed::Smoothed;

use super::curve::Curve;
use super::parameter::{ParameterError, positive};
use super::steps::{Steps, join};
use crate::units::{Price, SimTime, Span, convert};

/// Prices are whole multiples of this many nano-dollars an hour: $0.0001.
pub const LATTICE_NANOUSD_H: u64 = 100_000;

/// Where a price may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    floor: Price,
    cap: Price,
}

impl Bounds {
    fn new(floor: Price, cap: Price) -> Result<Self, ParameterError> {
        if floor == Price::ZERO {
            return Err(ParameterError::Zero { name: "floor" });
        }
        if cap < floor {
            let (name, least) = ("cap", "floor");
            return Err(ParameterError::Order { name, least });
        }
        Ok(Self { floor, cap })
    }

    /// The lattice price nearest to e^`log`, held between floor and cap.
    fn price(self, log: f64) -> Price {
        let cells = convert::floor(libm::exp(log) / convert::real(LATTICE_NANOUSD_H) + 0.5);
        let nanousd_h = cells.saturating_mul(LATTICE_NANOUSD_H);
        let held = nanousd_h.clamp(self.floor.nanousd_h(), self.cap.nanousd_h());
        Price::from_nanousd_h(held).expect("no higher than the cap")
    }

    /// `log` mirrored at floor and cap; a step across both ends at one of them.
    fn reflect(self, log: f64) -> f64 {
        let (low, high) = (self::log(self.floor), self::log(self.cap));
        let mirrored = if log < low {
            2.0 * low - log
        } else if log > high {
            2.0 * high - log
        } else {
            log
        };
        mirrored.clamp(low, high)
    }
}

fn log(price: Price) -> f64 {
    libm::log(convert::real(price.nanousd_h()))
}

/// `price` as a factor of it.
fn times(price: Price, factor: f64) -> Option<Price> {
    let nanousd_h = convert::floor(convert::real(price.nanousd_h()) * factor + 0.5);
    Price::from_nanousd_h(nanousd_h)
}

/// Every price times `k`, exactly.
///
/// # Errors
/// One would be beyond a million dollars an hour.
pub fn scaled(curve: &Curve<Price>, k: u32) -> Result<Curve<Price>, ParameterError> {
    let steps = curve.steps().iter().map(|&(at, price)| {
        let product = price.nanousd_h().checked_mul(k.into());
        let scaled = product.and_then(Price::from_nanousd_h);
        let (name, value) = ("k", f64::from(k));
        let high = 1e15 / convert::real(price.nanousd_h().max(1));
        let error = ParameterError::Range {
            name,
            value,
            low: 0.0,
            high,
        };
        scaled.map(|price| (at, price)).ok_or(error)
    });
    let steps: Result<Vec<_>, _> = steps.collect();
    Ok(Curve::new(steps?).expect("the instants are those of a curve"))
}

/// Times `factor` from `from` until before `to`, rounded to a nano-dollar; a price that would be
/// beyond the highest there is stays as it is.
pub fn within(curve: &Curve<Price>, (from, to): (SimTime, SimTime), factor: f64) -> Curve<Price> {
    if from >= to {
        return curve.clone();
    }
    let mut window = Steps::at_zero(false);
    window.change(from, true);
    if to < SimTime::MAX {
        window.change(to, false);
    }
    join(curve, &window.curve(), |price, inside| {
        if inside {
            times(price, factor).unwrap_or(price)
        } else {
            price
        }
    })
}

/// The same prices with a step at every multiple of `every` before `until`, most of which change
/// nothing.
///
/// # Errors
/// `every` is zero, or so short that there would be more than [`MAX_STEPS`](super::MAX_STEPS).
pub fn resampled(
    curve: &Curve<Price>,
    every: Span,
    until: SimTime,
) -> Result<Curve<Price>, ParameterError> {
    let every = positive("every", every)?.us();
    let multiples = until.us().div_ceil(every);
    if multiples > convert::wide(super::MAX_STEPS) {
        return Err(ParameterError::TooMany { name: "every" });
    }
    let multiples = (0..multiples).filter_map(|k| SimTime::from_us(k * every));
    let own = curve.steps().iter().map(|(at, _)| *at);
    let mut instants: Vec<SimTime> = multiples.chain(own).collect();
    instants.sort_unstable();
    instants.dedup();
    let steps = instants.into_iter().map(|at| (at, curve.at(at))).collect();
    Ok(Curve::new(steps).expect("sorted, and the curve begins at zero"))
}

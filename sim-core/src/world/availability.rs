//! Availability: how many nodes a pool has over time, generated from up and down runs, or combined.

use super::curve::Curve;
use super::draw::Stream;
use super::lifetime::Lifetime;
use super::parameter::ParameterError;
use super::steps::{Steps, join};
use crate::units::{Price, SimTime, Span, convert};

/// A pool that is wholly there or wholly gone, in alternating runs (the polarity that the spot traces
/// of Wu et al., NSDI 2024, show 83 % to 97 % of the time with 16 nodes).
///
/// Exponential runs make the two-state Markov chain, which is up for U / (U + D) of the time; Weibull runs
/// of a shape below one have the heavy tail of the traces, whose medians lie far below their means.
/// The state at time zero is drawn by that share, and the first run is a whole one: with runs that are
/// not exponential the first hours are therefore not quite like the later ones.
#[derive(Clone, Debug, PartialEq)]
pub struct UpDown {
    up: Lifetime,
    down: Lifetime,
    share: f64,
}

impl UpDown {
    /// Runs of these lengths.
    ///
    /// # Errors
    /// A run has no mean below 100 years: such a pool is a constant curve.
    pub fn new(up: Lifetime, down: Lifetime) -> Result<Self, ParameterError> {
        let mean_us = |name, law: &Lifetime| match law.mean() {
            Some(mean) if mean > Span::ZERO => Ok(convert::real(mean.us())),
            Some(_) => Err(ParameterError::Zero { name }),
            None => Err(ParameterError::Range {
                name,
                value: f64::INFINITY,
                low: 0.0,
                high: convert::real(Span::MAX.us()) / 3.6e9,
            }),
        };
        let (up_us, down_us) = (
            mean_us("mean up (h)", &up)?,
            mean_us("mean down (h)", &down)?,
        );
        let share = up_us / (up_us + down_us);
        Ok(Self { up, down, share })
    }

    /// The two-state Markov chain.
    ///
    /// # Errors
    /// A mean is zero.
    pub fn markov(up: Span, down: Span) -> Result<Self, ParameterError> {
        Self::new(Lifetime::exponential(up)?, Lifetime::exponential(down)?)
    }

    /// The long-run share of the time that it is up.
    pub fn share(&self) -> f64 {
        self.share
    }

    /// `nodes` nodes while up, none while down, until `until`; the last run is held.
    ///
    /// # Errors
    /// There are more than [`MAX_STEPS`](super::MAX_STEPS) runs.
    pub fn generate(
        &self,
        seed: u64,
        pool: &str,
        nodes: u32,
        until: SimTime,
    ) -> Result<Curve<u32>, ParameterError> {
        let stream = |what: &'static str| Stream::new(seed, &[what.into(), pool.into()]);
        // Up and down runs have a stream each: another law of the one leaves the other's draws alone.
        let (mut ups, mut downs) = (stream("availability up"), stream("availability down"));
        let mut is_up = stream("availability start").chance(self.share);
        let mut at = SimTime::ZERO;
        let mut steps = Steps::at_zero(if is_up { nodes } else { 0 });
        // Counted apart from the steps, which of no nodes would be none.
        for _ in 0..super::MAX_STEPS {
            let run = if is_up {
                self.up.span(ups.uniform())
            } else {
                self.down.span(downs.uniform())
            };
            at = at.saturating_add(run.unwrap_or(Span::MAX));
            if at >= until {
                return Ok(steps.curve());
            }
            is_up = !is_up;
            steps.change(at, if is_up { nodes } else { 0 });
        }
        Err(ParameterError::TooMany {
            name: "the mean runs",
        })
    }
}

/// Of two curves the lesser value at every instant. Pools with a region's curve in common are
/// correlated: the region's outages are everybody's.
pub fn minimum(a: &Curve<u32>, b: &Curve<u32>) -> Curve<u32> {
    join(a, b, u32::min)
}

/// At most `left` nodes from `from` until before `to`.
pub fn with_outage(
    availability: &Curve<u32>,
    (from, to): (SimTime, SimTime),
    left: u32,
) -> Curve<u32> {
    if from >= to {
        return availability.clone();
    }
    let mut window = Steps::at_zero(u32::MAX);
    window.change(from, left);
    if to < SimTime::MAX {
        window.change(to, u32::MAX);
    }
    minimum(availability, &window.curve())
}

/// What a bid keeps in an auction: nothing while the price is above it. For the markets of before
/// 2018; later prices say nothing about who is taken back.
pub fn capped_by_price(price: &Curve<Price>, bid: Price, availability: &Curve<u32>) -> Curve<u32> {
    join(
        price,
        availability,
        |price, nodes| if price > bid { 0 } else { nodes },
    )
}

/// How long there is a node before `until`, and how often the last is lost.
pub fn up_times(availability: &Curve<u32>, until: SimTime) -> UpTimes {
    let mut seen = UpTimes::default();
    let mut since = None;
    for &(at, nodes) in availability
        .steps()
        .iter()
        .take_while(|(at, _)| *at < until)
    {
        match (since, nodes > 0) {
            (None, true) => since = Some(at),
            (Some(start), false) => {
                seen.up += at.since(start);
                seen.losses += 1;
                since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    if let Some(start) = since {
        seen.up += until.since(start);
    }
    seen
}

/// How long a pool was up, and how often it was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UpTimes {
    /// Total time with a node or more.
    pub up: Span,
    /// Times that the last was lost.
    pub losses: u64,
}

#[cfg(test)]
mod tests;

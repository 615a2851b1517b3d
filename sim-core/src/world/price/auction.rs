//! Spot prices of before 2018: a calm base with spikes that outbid whoever stands below.

use super::{Bounds, Curve, ParameterError, Price, SimTime, Span, Steps, convert, log};
use crate::world::MAX_STEPS;
use crate::world::draw::{Stream, quantile};
use crate::world::parameter::{positive, within};

/// Calm runs and spikes in turn: exponential calm, lognormal spikes, whose height is log-uniform (the
/// bounded Pareto of vanishing shape) from a fraction of on-demand to the cap of ten times it.
///
/// The defaults are calibrated to g2.2xlarge of 2015 in three zones of us-east-1: a bid of on-demand was
/// kept .935, .815, .963 of the time, 15.9, 14.4, 17.9 h at a stretch, at a mean price of .14, .17, .14 x
/// on-demand; a bid of a quarter .881, .756, .922 of the time; a bid of the cap always. By
/// construction these are here .903, 15.8 h, .15, .844 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Auction {
    bounds: Bounds,
    base: Price,
    low: Price,
    calm: Span,
    spike: Span,
}

/// Deviation of the logarithm of a spike's duration.
const SPIKE_SIGMA: f64 = 1.0;
/// Deviation of the logarithm of the base from one calm run to the next.
const BASE_SIGMA: f64 = 0.05;

impl Auction {
    /// The 2015 figures for a machine of this on-demand price: base 0.12 x, spikes of 0.25 x to 10 x, 9.2 h
    /// of calm, spikes of 1.7 h in the mean.
    ///
    /// # Errors
    /// `on_demand` is zero, or ten times it beyond a million dollars an hour.
    pub fn new(on_demand: Price) -> Result<Self, ParameterError> {
        let value = convert::real(on_demand.nanousd_h());
        let at = |factor| {
            let (name, low, high) = ("on_demand", 1.0, 1e14);
            let error = ParameterError::Range {
                name,
                value,
                low,
                high,
            };
            super::times(on_demand, factor).ok_or(error)
        };
        Ok(Self {
            bounds: Bounds::new(at(0.06)?, at(10.0)?)?,
            base: at(0.12)?,
            low: at(0.25)?,
            calm: Span::from_secs(33_120),
            spike: Span::from_secs(6_120),
        })
    }

    /// The same with other mean lengths of calm and of spikes.
    ///
    /// # Errors
    /// One is zero.
    pub fn lasting(self, calm: Span, spike: Span) -> Result<Self, ParameterError> {
        let (calm, spike) = (positive("calm", calm)?, positive("spike", spike)?);
        Ok(Self {
            calm,
            spike,
            ..self
        })
    }

    /// The same with another base, as a factor of on-demand, and spikes from `low` upward.
    ///
    /// # Errors
    /// They are not 0.06 <= `base` <= `low` <= 10.
    pub fn heights(self, base: f64, low: f64) -> Result<Self, ParameterError> {
        let base = within("base", base, (0.06, 10.0))?;
        let low = within("low", low, (base, 10.0))?;
        let at = |factor: f64| super::times(self.bounds.cap, factor / 10.0);
        let (base, low) = (at(base).unwrap_or(self.base), at(low).unwrap_or(self.low));
        Ok(Self { base, low, ..self })
    }

    /// The long-run share of the time, and the mean time at a stretch in hours, for which `bid` holds.
    pub fn kept(&self, bid: Price) -> (f64, f64) {
        let hours = |span: Span| convert::real(span.us()) / 3.6e9;
        let (low, cap) = (log(self.low), log(self.bounds.cap));
        let above = ((cap - log(bid)) / (cap - low)).clamp(0.0, 1.0);
        let cycle = hours(self.calm) + hours(self.spike);
        let lost = above * hours(self.spike) / cycle;
        (1.0 - lost, (1.0 - lost) * cycle / above)
    }

    /// The price of `pool` until `until`; the last is held.
    ///
    /// # Errors
    /// There are more than [`MAX_STEPS`](crate::world::MAX_STEPS) changes.
    pub fn generate(
        &self,
        seed: u64,
        pool: &str,
        until: SimTime,
    ) -> Result<Curve<Price>, ParameterError> {
        let stream = |what: &'static str| Stream::new(seed, &[what.into(), pool.into()]);
        let (mut calms, mut spikes) = (stream("auction calms"), stream("auction spikes"));
        let (mut bases, mut heights) = (stream("auction bases"), stream("auction heights"));
        let (low, cap) = (log(self.low), log(self.bounds.cap));
        let spike_log = libm::log(convert::real(self.spike.us())) - SPIKE_SIGMA * SPIKE_SIGMA / 2.0;
        let mut base = || {
            self.bounds
                .price(log(self.base) + BASE_SIGMA * bases.normal())
        };
        let (mut at_us, end_us) = (0.0, convert::real(until.us()));
        let instant =
            |us: f64| SimTime::from_us(convert::floor(us)).expect("before the end of the run");
        let mut steps = Steps::at_zero(base());
        // Rounds are counted, not steps: on a coarse lattice many change nothing.
        for _ in 0..MAX_STEPS / 2 {
            at_us += calms.exponential(convert::real(self.calm.us())).max(1.0);
            if at_us >= end_us {
                return Ok(steps.curve());
            }
            let height = low + (cap - low) * heights.uniform();
            steps.change(instant(at_us), self.bounds.price(height));
            at_us += quantile::lognormal(spikes.uniform(), spike_log, SPIKE_SIGMA).max(1.0);
            if at_us >= end_us {
                return Ok(steps.curve());
            }
            steps.change(instant(at_us), base());
        }
        Err(ParameterError::TooMany { name: "calm" })
    }
}

//! Spot prices of after 2017: small, rare steps around a mean, between a floor and on-demand.

use super::{Bounds, Curve, ParameterError, Price, SimTime, Span, Steps, convert, log};
use crate::world::MAX_STEPS;
use crate::world::draw::Stream;
use crate::world::parameter::{positive, within};

/// A slow walk of the logarithm, with a change about every six hours.
///
/// The defaults are those of AWS P2 and P3, December 2019 to March 2020, 95 pools: prices within 0.30 to 1
/// x on-demand, at most 3.9 changes a day, half-lives of 1 to 20 weeks, residuals of .1 % to .2 % per
/// square root of an hour. Not modelled: pools pinned to their floor (a constant curve), and the rare
/// large step. Such a price says next to nothing about interruptions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothed {
    bounds: Bounds,
    mean: Price,
    every: Span,
    step: f64,
    pull_per_hour: f64,
}

impl Smoothed {
    /// Between 0.30 x and 1 x `on_demand` around `mean`: changes every 6 h to 6.3 h (3.9 a day), each
    /// N(0, 0.3 %) in the logarithm, with a pull of 0.1 % of the distance an hour (a half-life of four
    /// weeks).
    ///
    /// # Errors
    /// The mean is outside those bounds, or `on_demand` is zero.
    pub fn new(on_demand: Price, mean: Price) -> Result<Self, ParameterError> {
        let floor = super::times(on_demand, 0.3).unwrap_or(on_demand);
        let smoothed = Self {
            bounds: Bounds::new(floor, on_demand)?,
            mean,
            every: Span::from_secs(6 * 3600),
            step: 0.003,
            pull_per_hour: 0.001,
        };
        smoothed.between(floor, on_demand)
    }

    /// The same between other bounds (0.10 x on-demand is the floor of 2025).
    ///
    /// # Errors
    /// The mean lies outside them, or the floor is zero.
    pub fn between(self, floor: Price, cap: Price) -> Result<Self, ParameterError> {
        let bounds = Bounds::new(floor, cap)?;
        let (name, least) = if self.mean < floor {
            ("mean", "floor")
        } else {
            ("cap", "mean")
        };
        if self.mean < floor || cap < self.mean {
            return Err(ParameterError::Order { name, least });
        }
        Ok(Self { bounds, ..self })
    }

    /// The same with other steps: at least `every` apart, of deviation `step` in the logarithm, pulled
    /// back to the mean by `pull_per_hour` of the distance.
    ///
    /// # Errors
    /// `every` is zero, `step` outside 0 to 1, or the pull outside 0 to 1.
    pub fn steps(self, every: Span, step: f64, pull_per_hour: f64) -> Result<Self, ParameterError> {
        Ok(Self {
            every: positive("every", every)?,
            step: within("step", step, (0.0, 1.0))?,
            pull_per_hour: within("pull_per_hour", pull_per_hour, (0.0, 1.0))?,
            ..self
        })
    }

    /// The price of `pool` until `until`; it starts at the mean and the last is held.
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
        let (mut epochs, mut sizes) = (stream("smoothed epochs"), stream("smoothed steps"));
        let gap_us = convert::real(self.every.us());
        let mean = log(self.mean);
        let mut value = mean;
        let mut steps = Steps::at_zero(self.bounds.price(value));
        // The first change of a pool falls anywhere within its first gap.
        let mut at_us = gap_us * epochs.uniform();
        let mut before_us = 0.0;
        // Epochs are counted, not steps: one that changes nothing takes its time too.
        for _ in 0..MAX_STEPS {
            if at_us >= convert::real(until.us()) {
                return Ok(steps.curve());
            }
            let at = SimTime::from_us(convert::floor(at_us)).expect("before the end of the run");
            let hours = (at_us - before_us) / 3.6e9;
            let pulled = (mean - value) * -libm::expm1(-self.pull_per_hour * hours);
            value = self
                .bounds
                .reflect(value + pulled + self.step * sizes.normal());
            steps.change(at, self.bounds.price(value));
            before_us = at_us;
            at_us += (gap_us * (1.0 + 0.05 * epochs.uniform())).max(1.0);
        }
        Err(ParameterError::TooMany { name: "every" })
    }
}

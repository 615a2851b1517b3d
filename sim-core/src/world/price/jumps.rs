//! Prices that revert to a mean and jump: an Ornstein-Uhlenbeck logarithm on a regular grid.

use super::{Bounds, Curve, ParameterError, Price, SimTime, Span, Steps, convert, log};
use crate::world::draw::{Poisson, Stream};
use crate::world::parameter::{positive, within};

/// Mean reversion with compound Poisson jumps, stepped exactly (a jump counts from the end of the grid
/// cell it falls in) and reflected at floor and cap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jumps {
    bounds: Bounds,
    mean: Price,
    every: Span,
    half_life: Span,
    volatility: f64,
    jump_every: Span,
    jump: f64,
    /// Of the day: how far it swings in the logarithm, and when it is highest.
    swing: f64,
    peak_hour: f64,
}

impl Jumps {
    /// Around `mean` between `floor` and `cap`: hourly, a half-life of a week, .15 % per square root of an
    /// hour, and once in two weeks a jump of 3 % (the residuals of AWS P2 and P3, winter 2019 to 2020,
    /// and the size of their largest steps).
    ///
    /// # Errors
    /// Not 0 < `floor` <= `mean` <= `cap`.
    pub fn new(floor: Price, mean: Price, cap: Price) -> Result<Self, ParameterError> {
        let bounds = Bounds::new(floor, cap)?;
        let (name, least) = if mean < floor {
            ("mean", "floor")
        } else {
            ("cap", "mean")
        };
        if mean < floor || cap < mean {
            return Err(ParameterError::Order { name, least });
        }
        Ok(Self {
            bounds,
            mean,
            every: Span::from_secs(3600),
            half_life: Span::from_secs(7 * 86_400),
            volatility: 0.0015,
            jump_every: Span::from_secs(14 * 86_400),
            jump: 0.03,
            swing: 0.0,
            peak_hour: 0.0,
        })
    }

    /// The same on a grid of `every`, with this half-life of a distance from the mean and this deviation
    /// of the logarithm per square root of an hour.
    ///
    /// # Errors
    /// A span is zero, or the volatility outside 0 to 10.
    pub fn reverting(
        self,
        every: Span,
        half_life: Span,
        volatility: f64,
    ) -> Result<Self, ParameterError> {
        Ok(Self {
            every: positive("every", every)?,
            half_life: positive("half_life", half_life)?,
            volatility: within("volatility", volatility, (0.0, 10.0))?,
            ..self
        })
    }

    /// The same with jumps at a mean distance of `jump_every`, of deviation `jump` in the logarithm.
    ///
    /// # Errors
    /// The distance is below a second, or `jump` outside 0 to 10.
    pub fn jumping(self, jump_every: Span, jump: f64) -> Result<Self, ParameterError> {
        if jump_every < Span::from_secs(1) {
            let (name, least) = ("jump_every", "a second");
            return Err(ParameterError::Order { name, least });
        }
        let jump = within("jump", jump, (0.0, 10.0))?;
        Ok(Self {
            jump_every,
            jump,
            ..self
        })
    }

    /// The same with a rhythm of the day beside all that: times e^`swing` at `peak_hour`, in hours since the run began, times
    /// e^-`swing` half a day later, a cosine of the logarithm in between; still within floor and cap.
    ///
    /// # Errors
    /// The swing is outside 0 to 10, or the hour outside 0 to 24.
    pub fn daily(self, swing: f64, peak_hour: f64) -> Result<Self, ParameterError> {
        Ok(Self {
            swing: within("swing", swing, (0.0, 10.0))?,
            peak_hour: within("peak_hour", peak_hour, (0.0, 24.0))?,
            ..self
        })
    }

    /// The price of `pool` until `until`; it starts at the mean and the last is held.
    ///
    /// # Errors
    /// There are more than [`MAX_STEPS`](crate::world::MAX_STEPS) grid cells.
    pub fn generate(
        &self,
        seed: u64,
        pool: &str,
        until: SimTime,
    ) -> Result<Curve<Price>, ParameterError> {
        let cells = until.us().div_ceil(self.every.us());
        if cells > convert::wide(crate::world::MAX_STEPS) {
            return Err(ParameterError::TooMany { name: "every" });
        }
        let stream = |what: &'static str| Stream::new(seed, &[what.into(), pool.into()]);
        let (mut noise, mut counts) = (stream("jumps noise"), stream("jumps counts"));
        let mut sizes = stream("jumps sizes");
        let hours = |span: Span| convert::real(span.us()) / 3.6e9;
        let pull = std::f64::consts::LN_2 / hours(self.half_life);
        let kept = libm::exp(-pull * hours(self.every));
        // Var of the exact step: sigma^2 (1 - e^(-2 pull dt)) / (2 pull).
        let variance = -libm::expm1(-2.0 * pull * hours(self.every)) / (2.0 * pull);
        let deviation = self.volatility * variance.sqrt();
        let jumps = Poisson::new(hours(self.every) / hours(self.jump_every));
        let mean = log(self.mean);
        let mut value = mean;
        let shown = |value: f64, at: SimTime| {
            let turn = (convert::real(at.us()) / 3.6e9 - self.peak_hour) / 24.0;
            let swing = self.swing * libm::cos(turn * std::f64::consts::TAU);
            self.bounds.price(value + swing)
        };
        let mut steps = Steps::at_zero(shown(value, SimTime::ZERO));
        for cell in 1..cells {
            let count = jumps.draw(&mut counts);
            let jumped = self.jump * convert::real(count).sqrt() * sizes.normal();
            let walked = mean + (value - mean) * kept + deviation * noise.normal();
            value = self.bounds.reflect(walked + jumped);
            let at = SimTime::from_us(cell * self.every.us()).expect("before the end of the run");
            steps.change(at, shown(value, at));
        }
        Ok(steps.curve())
    }
}

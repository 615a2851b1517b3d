//! When requests come: processes of arrivals, and their rates.

use std::collections::VecDeque;

use sim_core::units::{SimTime, Span, convert};

use super::clock::{Clock, Rhythm};
use crate::requests::RateCurve;
use crate::synth::{Luck, ParameterError, positive, positive_span, weights};

/// A process of arrivals. Rates are in requests a second; instants are whole microseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// A constant rate: gaps are exponential, their squared coefficient of variation is 1.
    Poisson {
        /// Requests a second.
        per_s: f64,
    },
    /// States with a rate each, held for exponential times: a Markov-modulated Poisson process.
    /// What
    /// follows a state is any of the others, all alike, so that each holds for the share of time
    /// that its mean has in the sum of means; the first is drawn by these shares.
    Mmpp {
        /// At least two.
        states: Vec<State>,
    },
    /// Gaps drawn one by one from a mixture of exponentials: a hyperexponential renewal process,
    /// whose gaps vary more than a Poisson process's.
    Hyperexponential {
        /// At least one.
        phases: Vec<Phase>,
    },
    /// A Poisson process whose rate follows the curve, constant within a bucket.
    Curve(RateCurve),
    /// As many requests in each bucket as the curve expects, rounded, at independent uniform
    /// instants: a count that was recorded, kept.
    Counted(RateCurve),
    /// A constant rate, and bursts on top that come of themselves as a Poisson process: each adds
    /// `size` requests, evenly over its `length`; bursts that overlap add up.
    Bursts {
        /// Requests a second beside the bursts.
        per_s: f64,
        /// Bursts an hour.
        bursts_per_h: f64,
        /// Requests of a burst, in the mean.
        size: f64,
        /// How long a burst lasts.
        length: Span,
    },
}

/// A state of an [`Arrivals::Mmpp`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// Requests a second; 0 = silence.
    pub per_s: f64,
    /// How long it holds, in the mean.
    pub mean: Span,
}

/// A part of an [`Arrivals::Hyperexponential`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phase {
    /// Relative frequency of gaps of this kind.
    pub weight: f64,
    /// Their mean.
    pub mean: Span,
}

impl Arrivals {
    /// Requests a second in the long run; of a curve that stops or stays, over the curve.
    pub fn mean_per_s(&self) -> f64 {
        let seconds = |span: Span| convert::real(span.us()) / 1e6;
        match self {
            Self::Poisson { per_s } => *per_s,
            Self::Mmpp { states } => {
                let requests = states.iter().map(|state| state.per_s * seconds(state.mean));
                let time: f64 = states.iter().map(|state| seconds(state.mean)).sum();
                requests.sum::<f64>() / time
            }
            Self::Hyperexponential { phases } => {
                let gaps = phases
                    .iter()
                    .map(|phase| phase.weight * seconds(phase.mean));
                let weight: f64 = phases.iter().map(|phase| phase.weight).sum();
                weight / gaps.sum::<f64>()
            }
            Self::Curve(curve) | Self::Counted(curve) => curve.total() / seconds(curve.span()),
            Self::Bursts {
                per_s,
                bursts_per_h,
                size,
                ..
            } => per_s + bursts_per_h * size / 3600.0,
        }
    }

    /// The process, ready to draw.
    pub(super) fn open(&self, luck: Luck<'_>) -> Result<Clock, ParameterError> {
        let mut modes = luck.stream("arrival modes");
        let rhythm = match self {
            Self::Poisson { per_s } => Rhythm::Steady(rate("per-second", *per_s)? / SECOND_US),
            Self::Mmpp { states } => {
                let states = states.iter().map(|state| {
                    let per_s = not_negative("states.per-second", state.per_s)?;
                    let mean = turn("states.mean", state.mean)?;
                    Ok((per_s / SECOND_US, mean))
                });
                let states: Vec<(f64, Span)> = states.collect::<Result<_, ParameterError>>()?;
                if states.len() < 2 {
                    let rule = "needs two states at least; one is a constant rate";
                    let field = "arrivals.states";
                    return Err(ParameterError::new(field, states.len(), rule));
                }
                rate("states.per-second", self.mean_per_s())?;
                let shares: Vec<f64> = states.iter().map(|(_, m)| convert::real(m.us())).collect();
                let at = weights("arrivals.states", &shares)?.draw(&mut modes);
                let until = SimTime::ZERO.saturating_add(modes.exponential_span(states[at].1));
                Rhythm::States { states, at, until }
            }
            Self::Hyperexponential { phases } => {
                let shares: Vec<f64> = phases.iter().map(|phase| phase.weight).collect();
                let mean = |phase: &Phase| {
                    let mean = positive_span("arrivals.phases.mean", phase.mean)?;
                    Ok(convert::real(mean.us()))
                };
                let means: Result<Vec<f64>, ParameterError> = phases.iter().map(mean).collect();
                Rhythm::Gaps(weights("arrivals.phases.weight", &shares)?, means?)
            }
            Self::Curve(curve) => {
                rate("curve", curve.total())?;
                Rhythm::Curve(curve.clone())
            }
            Self::Counted(curve) => {
                rate("curve", curve.total())?;
                Rhythm::Counted(curve.clone(), VecDeque::new(), 0)
            }
            Self::Bursts {
                per_s,
                bursts_per_h,
                size,
                length,
            } => {
                let mean_gap = 3.6e9 / rate("bursts-per-hour", *bursts_per_h)?;
                let length = turn("length", *length)?;
                let next = sim_core::world::draw::span(modes.exponential(mean_gap));
                Rhythm::Bursts {
                    base: not_negative("per-second", *per_s)? / SECOND_US,
                    extra: rate("size", *size)? / convert::real(length.us()),
                    mean_gap,
                    length,
                    next: SimTime::ZERO.saturating_add(next),
                    ends: VecDeque::new(),
                }
            }
        };
        Ok(Clock::new(luck.stream("arrivals"), modes, rhythm))
    }
}

const SECOND_US: f64 = 1e6;

fn rate(name: &str, value: f64) -> Result<f64, ParameterError> {
    positive(&format!("arrivals.{name}"), value)
}

fn not_negative(name: &str, value: f64) -> Result<f64, ParameterError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    let field = format!("arrivals.{name}");
    Err(ParameterError::new(&field, value, "must not be negative"))
}

/// Turns far shorter than a second would take longer to draw than the requests in them.
fn turn(name: &str, mean: Span) -> Result<Span, ParameterError> {
    let least = Span::from_us(10_000).expect("short");
    if mean >= least {
        return Ok(mean);
    }
    let field = format!("arrivals.{name}");
    let rule = format!("must be at least {least}");
    Err(ParameterError::new(&field, mean, &rule))
}

//! How long an iteration takes, and how long a row of alike ones: exact integers of picoseconds.
//!
//! Picoseconds, since a token of context costs nanoseconds: to whole ones its coefficient would be wrong by percents.

use super::at_speed;
use crate::units::{SimTime, Span, convert};
use crate::world::ParameterError;

/// Length of an iteration: affine in what it does. Three coefficients fitted to real vLLM runs give per-request latencies
/// within 1 to 3 %; the domain is one model on one GPU type and degree of parallelism.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StepTime {
    /// Whatever it does, in picoseconds.
    pub fixed_ps: u64,
    /// For each token that is computed.
    pub per_token_ps: u64,
    /// For each sequence that is advanced.
    pub per_sequence_ps: u64,
    /// For each token of those sequences that was there before.
    pub per_context_ps: u64,
}

/// Largest fixed part, in picoseconds: a quarter of an hour.
const MAX_FIXED_PS: u64 = 1_000_000_000_000_000;
/// Largest other coefficient, in picoseconds: a second.
const MAX_EACH_PS: u64 = 1_000_000_000_000;

/// Iterations in a row that differ only in that every one finds as many more tokens of context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Start of the first one.
    pub(super) from: Clock,
    /// How many there are.
    pub(super) steps: u64,
    /// Length of the first one.
    first_ps: u128,
    /// By how much each is longer than the one before.
    growth_ps: u128,
}

/// An instant in picoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clock(u128);

const PS_PER_US: u128 = 1_000_000;

impl StepTime {
    /// At a speed in parts per million of its own; each coefficient is held to its bound.
    pub fn at_speed(self, speed_ppm: u64) -> Self {
        let scaled = |ps| at_speed(ps, speed_ppm).min(MAX_EACH_PS);
        Self {
            fixed_ps: at_speed(self.fixed_ps, speed_ppm).min(MAX_FIXED_PS),
            per_token_ps: scaled(self.per_token_ps),
            per_sequence_ps: scaled(self.per_sequence_ps),
            per_context_ps: scaled(self.per_context_ps),
        }
    }

    pub(super) fn check(&self) -> Result<(), ParameterError> {
        if self.fixed_ps == 0 {
            return Err(ParameterError::Zero { name: "fixed" });
        }
        let bounded = [
            ("fixed", self.fixed_ps, MAX_FIXED_PS),
            ("per token", self.per_token_ps, MAX_EACH_PS),
            ("per sequence", self.per_sequence_ps, MAX_EACH_PS),
            ("per context token", self.per_context_ps, MAX_EACH_PS),
        ];
        match bounded.into_iter().find(|(_, ps, most)| ps > most) {
            None => Ok(()),
            Some((name, ps, most)) => Err(ParameterError::Range {
                name,
                value: convert::real(ps),
                low: 0.0,
                high: convert::real(most),
            }),
        }
    }

    /// Picoseconds of an iteration that computes so many tokens of so many sequences with so much context.
    pub fn ps(self, tokens: u64, sequences: u64, context: u64) -> u128 {
        u128::from(self.fixed_ps)
            + u128::from(self.per_token_ps) * u128::from(tokens)
            + u128::from(self.per_sequence_ps) * u128::from(sequences)
            + u128::from(self.per_context_ps) * u128::from(context)
    }

    /// A single iteration.
    pub(super) fn one(self, from: Clock, (tokens, sequences, context): (u64, u64, u64)) -> Row {
        Row {
            from,
            steps: 1,
            first_ps: self.ps(tokens, sequences, context),
            growth_ps: u128::from(self.per_context_ps) * u128::from(sequences),
        }
    }
}

impl Row {
    /// The end of the last one.
    pub(super) fn end(&self) -> Clock {
        Clock(self.from.0 + self.length(self.steps))
    }

    /// How many have ended by `now`.
    pub(super) fn done_by(&self, now: Clock) -> u64 {
        let passed = now.0.saturating_sub(self.from.0);
        let (mut done, mut not) = (0, self.steps + 1);
        while done + 1 < not {
            let middle = u64::midpoint(done, not);
            if self.length(middle) <= passed {
                done = middle;
            } else {
                not = middle;
            }
        }
        done
    }

    /// Length of the one that comes after `done` others.
    pub(super) fn step(&self, done: u64) -> Span {
        let ps = self.first_ps + self.growth_ps * u128::from(done);
        span(ps)
    }

    fn length(&self, steps: u64) -> u128 {
        let steps = u128::from(steps);
        self.first_ps * steps + self.growth_ps * (steps * steps.saturating_sub(1) / 2)
    }
}

impl Clock {
    /// The first microsecond that is not before; none beyond 100 years.
    pub(super) fn instant(self) -> Option<SimTime> {
        let us = u64::try_from(self.0.div_ceil(PS_PER_US)).ok()?;
        SimTime::from_us(us)
    }

    /// Time since `earlier`, rounded down.
    pub(super) fn since(self, earlier: Self) -> u128 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<SimTime> for Clock {
    fn from(at: SimTime) -> Self {
        Self(u128::from(at.us()) * PS_PER_US)
    }
}

/// So many picoseconds, to the microsecond below.
pub(super) fn span(ps: u128) -> Span {
    let us = u64::try_from(ps / PS_PER_US).ok();
    us.and_then(Span::from_us).unwrap_or(Span::MAX)
}

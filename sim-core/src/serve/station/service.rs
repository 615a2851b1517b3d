//! How long a batch takes: affine in its size, or by the longest draw of its requests.

use super::at_speed;
use crate::serve::request::{Luck, Task};
use crate::units::{Span, convert};
use crate::world::draw::{Stream, span};

/// How long a batch takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Service {
    /// `fixed` and `per_request` for each: what accelerators do with networks that have no loop (Nexus, SOSP 2019).
    Affine {
        /// Whatever the size.
        fixed: Span,
        /// For each request.
        per_request: Span,
    },
    /// The longest of its requests' own times, each drawn under the request's number.
    Drawn {
        /// How they vary.
        law: Law,
        /// Their mean.
        mean: Span,
        /// Shards that a request asks at the same time, at least one: its own time is that of the slowest, and each is drawn.
        fan_out: u32,
        /// Where the draws come from.
        luck: Luck,
    },
}

/// How service times vary around their mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// Not at all.
    Constant,
    /// Exponential.
    Exponential,
    /// The sum of so many exponentials: a squared coefficient of variation of one over that.
    Erlang(u32),
    /// Two exponentials, chosen so that each gives half of the work: of this squared coefficient of variation, above one.
    Hyperexponential(f64),
}

impl Service {
    /// Length of a batch of these at this speed, in parts per million; to the microsecond, rounded up.
    pub fn span<'a>(&self, batch: impl Iterator<Item = &'a Task>, speed_ppm: u64) -> Span {
        let at_full = match self {
            Self::Affine { fixed, per_request } => {
                fixed.saturating_add(per_request.saturating_mul(convert::wide(batch.count())))
            }
            Self::Drawn {
                law,
                mean,
                fan_out,
                luck,
            } => {
                let draws = batch.map(|task| law.slowest(*mean, *fan_out, (luck, task)));
                draws.max().unwrap_or(Span::ZERO)
            }
        };
        // Nothing is done at the instant at which it begins.
        let us = at_speed(at_full.us(), speed_ppm).max(1);
        Span::from_us(us).unwrap_or(Span::MAX)
    }

    /// Mean time of one request alone, at one shard.
    pub fn mean(&self) -> Span {
        match self {
            Self::Affine { fixed, per_request } => fixed.saturating_add(*per_request),
            Self::Drawn { mean, .. } => *mean,
        }
    }
}

impl Law {
    /// Variance over the square of the mean.
    pub fn squared_variation(self) -> f64 {
        match self {
            Self::Constant => 0.0,
            Self::Exponential => 1.0,
            Self::Erlang(phases) => 1.0 / f64::from(phases),
            Self::Hyperexponential(squared) => squared,
        }
    }

    /// The slowest of so many draws, one after the other from the request's stream.
    fn slowest(self, mean: Span, of: u32, (luck, task): (&Luck, &Task)) -> Span {
        if self == Self::Constant {
            return mean;
        }
        let mut stream = luck.stream("service", task.request.id);
        let mean_us = convert::real(mean.us());
        let draws = (0..of).map(|_| self.time(mean_us, &mut stream));
        span(draws.fold(0.0, f64::max))
    }

    /// A time of this mean.
    pub(in crate::serve) fn time(self, mean: f64, stream: &mut Stream) -> f64 {
        match self {
            Self::Constant => mean,
            Self::Exponential => stream.exponential(mean),
            Self::Erlang(phases) => {
                let each = mean / f64::from(phases);
                (0..phases).map(|_| stream.exponential(each)).sum()
            }
            Self::Hyperexponential(squared) => {
                let likely = f64::midpoint(1.0, ((squared - 1.0) / (squared + 1.0)).sqrt());
                let taken = if stream.chance(likely) {
                    likely
                } else {
                    1.0 - likely
                };
                stream.exponential(mean / (2.0 * taken))
            }
        }
    }
}

//! Distributions given as tables: quantiles joined by straight lines, and weighted choices.

use std::fmt;

use super::Stream;

/// A distribution by its quantiles, straight between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Empirical {
    points: Vec<(f64, f64)>,
}

/// A choice among positions 0 to n - 1 by weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Weighted {
    sums: Vec<f64>,
}

/// Why a table is no distribution.
#[derive(Clone, Debug, PartialEq)]
pub enum TableError {
    /// A quantile table has at least the probabilities 0 and 1; weights at least one entry.
    TooShort {
        /// Entries given.
        len: usize,
    },
    /// Probabilities rise from 0 to 1, values do not fall, weights are not negative, all finite.
    Entry {
        /// Position in the table.
        at: usize,
        /// What stands there.
        value: f64,
    },
    /// Weights sum to nothing, or to more than a double holds.
    Sum {
        /// The sum.
        sum: f64,
    },
}

impl Empirical {
    /// A table of (probability, value): probabilities rise strictly from 0 to 1, values never fall.
    ///
    /// # Errors
    /// Names the first entry that breaks this.
    pub fn new(points: Vec<(f64, f64)>) -> Result<Self, TableError> {
        let (Some(&first), Some(&last), true) = (points.first(), points.last(), points.len() > 1)
        else {
            return Err(TableError::TooShort { len: points.len() });
        };
        if let Some(at) = points.iter().position(|p| !p.1.is_finite()) {
            let value = points[at].1;
            return Err(TableError::Entry { at, value });
        }
        let ends = [(0, first.0, 0.0), (points.len() - 1, last.0, 1.0)];
        for (at, value, wanted) in ends {
            if value.total_cmp(&wanted).is_ne() {
                return Err(TableError::Entry { at, value });
            }
        }
        for (before, pair) in points.windows(2).enumerate() {
            let at = before + 1;
            if pair[1].0.total_cmp(&pair[0].0).is_le() {
                let value = pair[1].0;
                return Err(TableError::Entry { at, value });
            }
            if pair[1].1 < pair[0].1 {
                let value = pair[1].1;
                return Err(TableError::Entry { at, value });
            }
        }
        Ok(Self { points })
    }

    /// The value at probability `u` in [0, 1].
    pub fn quantile(&self, u: f64) -> f64 {
        let above = self.points.partition_point(|p| p.0 < u);
        let above = above.clamp(1, self.points.len() - 1);
        let ((p0, x0), (p1, x1)) = (self.points[above - 1], self.points[above]);
        x0 + (x1 - x0) * ((u - p0) / (p1 - p0))
    }

    /// One draw.
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        self.quantile(stream.uniform())
    }

    /// The exact mean.
    pub fn mean(&self) -> f64 {
        let areas = self.points.windows(2);
        areas
            .map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) * 0.5)
            .sum()
    }
}

impl Weighted {
    /// Weights need not sum to one; a weight of zero is never chosen.
    ///
    /// # Errors
    /// Names the first weight that is negative or not finite, or an empty or zero sum.
    pub fn new(weights: &[f64]) -> Result<Self, TableError> {
        if weights.is_empty() {
            return Err(TableError::TooShort { len: 0 });
        }
        let mut sum = 0.0;
        let mut sums = Vec::with_capacity(weights.len());
        for (at, &value) in weights.iter().enumerate() {
            if !value.is_finite() || value < 0.0 {
                return Err(TableError::Entry { at, value });
            }
            sum += value;
            sums.push(sum);
        }
        if sum.is_finite() && sum > 0.0 {
            Ok(Self { sums })
        } else {
            Err(TableError::Sum { sum })
        }
    }

    /// The position whose share of the unit interval holds `u` in (0, 1).
    pub fn position(&self, u: f64) -> usize {
        let total = *self.sums.last().expect("a choice has entries");
        let target = u * total;
        // Never past the last position of positive weight, even where `u x total` rounds up.
        let last = self.sums.partition_point(|&sum| sum < total);
        self.sums.partition_point(|&sum| sum <= target).min(last)
    }

    /// One draw.
    pub fn draw(&self, stream: &mut Stream) -> usize {
        self.position(stream.uniform())
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { len } => write!(f, "a table of {len} entries is no distribution"),
            Self::Entry { at, value } => write!(
                f,
                "entry {at} is {value}: probabilities rise from 0 to 1, values do not fall, \
                 weights are not negative"
            ),
            Self::Sum { sum } => write!(f, "weights sum to {sum}: they need a positive sum"),
        }
    }
}

impl std::error::Error for TableError {}

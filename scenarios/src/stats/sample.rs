//! What a statistic asks of its values before it computes.

use std::fmt;

use sim_core::units::convert;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfit {
    /// Fewer values than the statistic needs.
    TooFew {
        /// Number of values.
        have: usize,
        /// Number needed.
        need: usize,
    },
    /// A value that is not a finite number.
    NotFinite {
        /// Its position.
        at: usize,
    },
    /// A value outside of the range that the statistic is defined on.
    OutOfRange {
        /// Its position.
        at: usize,
        /// The value.
        value: f64,
    },
    /// Rows of different lengths.
    Uneven {
        /// The first row that differs from the one before it.
        at: usize,
    },
    /// All values are equal, or equal to what they are tested against: there is nothing to measure a distance by.
    NoSpread,
    /// All resampled statistics lie on one side of the estimate, so that its bias cannot be told.
    OneSided,
    /// A sum beyond the largest double.
    Overflow,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { have, need } => write!(f, "{have} values, at least {need} are needed"),
            Self::NotFinite { at } => write!(f, "value {at} is not a finite number"),
            Self::OutOfRange { at, value } => write!(f, "value {at} is out of range: {value}"),
            Self::Uneven { at } => write!(f, "row {at} is not as long as the one before it"),
            Self::NoSpread => write!(f, "all values are equal"),
            Self::OneSided => write!(f, "all resamples lie on one side of the estimate"),
            Self::Overflow => write!(f, "a sum is beyond the largest number"),
        }
    }
}

impl std::error::Error for Unfit {}

/// A number of values as a double.
pub(super) fn real(n: usize) -> f64 {
    convert::real(convert::wide(n))
}

/// Rounded down; not below zero.
pub(super) fn position(x: f64) -> usize {
    usize::try_from(convert::floor(x)).expect("64 bits")
}

/// Refuses fewer than `need` values and values that are no finite numbers.
pub(super) fn check(values: &[f64], need: usize) -> Result<(), Unfit> {
    let have = values.len();
    if have < need {
        return Err(Unfit::TooFew { have, need });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Unfit::NotFinite { at }),
        None => Ok(()),
    }
}

/// A result, unless it left the range of doubles on the way.
pub(super) fn finite(value: f64) -> Result<f64, Unfit> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Unfit::Overflow)
    }
}

/// The arithmetic mean of values of which there are some.
pub(super) fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / real(values.len())
}

/// The sum of squared distances from `centre`.
pub(super) fn squares(values: &[f64], centre: f64) -> f64 {
    let square = |value: &f64| (value - centre) * (value - centre);
    values.iter().map(square).sum()
}

//! What is wrong with a parameter of a model of luck, said before anything is drawn.

use std::fmt;

use crate::units::Span;

/// Most steps of a generated curve, and most shocks of a pool.
pub const MAX_STEPS: usize = 1 << 22;

/// Why parameters make no model. Names are those of the constructor's arguments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParameterError {
    /// A span must be positive.
    Zero {
        /// The parameter.
        name: &'static str,
    },
    /// A number lies outside its range, or is none.
    Range {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: f64,
        /// Least that is allowed.
        low: f64,
        /// Most that is allowed.
        high: f64,
    },
    /// One parameter must not be below another.
    Order {
        /// The one that is too low.
        name: &'static str,
        /// The one it must reach.
        least: &'static str,
    },
    /// The entry of a table of quantiles at this position breaks its order.
    Quantile {
        /// Position in the table.
        at: usize,
    },
    /// More than [`MAX_STEPS`] steps would be generated.
    TooMany {
        /// The parameter to raise.
        name: &'static str,
    },
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { name } => write!(f, "{name} is zero: it has to take time"),
            Self::Range {
                name,
                value,
                low,
                high,
            } => write!(
                f,
                "{name} = {value}: give a number from {low:e} to {high:e}"
            ),
            Self::Order { name, least } => write!(f, "{name} is below {least}: raise it"),
            Self::Quantile { at } => write!(
                f,
                "quantile {at}: probabilities rise strictly from 0 to at most 1, and spans do not \
                 fall"
            ),
            Self::TooMany { name } => write!(
                f,
                "more than {MAX_STEPS} steps: raise {name}, or end the run earlier"
            ),
        }
    }
}

impl std::error::Error for ParameterError {}

/// `value`, if it is a number from `low` to `high`.
pub(super) fn within(
    name: &'static str,
    value: f64,
    (low, high): (f64, f64),
) -> Result<f64, ParameterError> {
    if value >= low && value <= high {
        return Ok(value);
    }
    Err(ParameterError::Range {
        name,
        value,
        low,
        high,
    })
}

/// `span`, if it is positive.
pub(super) fn positive(name: &'static str, span: Span) -> Result<Span, ParameterError> {
    if span > Span::ZERO {
        Ok(span)
    } else {
        Err(ParameterError::Zero { name })
    }
}

//! Named conversions from integers to the doubles of summaries.

use sim_core::units::{Span, convert};

/// The nearest double.
pub fn real(n: u64) -> f64 {
    convert::real(n)
}

/// The nearest double.
#[expect(clippy::cast_precision_loss, reason = "summaries are doubles")]
pub fn real_u128(n: u128) -> f64 {
    n as f64
}

/// The nearest double.
#[expect(clippy::cast_precision_loss, reason = "summaries are doubles")]
pub fn real_i128(n: i128) -> f64 {
    n as f64
}

/// Seconds.
pub fn secs(span: Span) -> f64 {
    real(span.us()) / 1e6
}

/// Microseconds as hours.
pub fn hours(us: u128) -> f64 {
    real_u128(us) / 3.6e9
}

/// A quotient, unless it has no meaning.
pub fn ratio(a: f64, b: f64) -> Option<f64> {
    (b != 0.0).then(|| a / b)
}

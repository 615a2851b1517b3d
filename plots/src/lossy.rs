//! The conversions that may lose something, each with a name that says what.

/// A count as a real number; exact below 2^53, far above what fits a figure.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}

/// The nearest integer, saturating at the ends; NaN becomes 0.
#[expect(clippy::cast_possible_truncation, reason = "saturating by definition")]
pub(crate) fn nearest(value: f64) -> i32 {
    value.round() as i32
}

/// The largest count not above `value`, saturating at the ends; NaN becomes 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturating by definition"
)]
pub(crate) fn floor_count(value: f64) -> usize {
    value.floor() as usize
}

/// A count as `i32`, saturating.
pub(crate) fn narrow(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

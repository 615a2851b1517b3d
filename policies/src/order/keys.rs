//! Numbers as keys: integers that order as the numbers do.

use sim_core::units::convert;

use crate::queue::Key;

/// A double as a key; not for NaN.
pub(crate) fn real(x: f64) -> Key {
    assert!(!x.is_nan(), "a score is a number");
    // Zero has one key, whatever its sign.
    let bits = (x + 0.0).to_bits();
    if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    }
}

/// A signed integer as a key, the largest first.
pub(super) fn descending(n: i32) -> Key {
    (i64::from(i32::MAX) - i64::from(n)).unsigned_abs()
}

/// A length of time in seconds, the nearest double.
pub(super) fn seconds(span: sim_core::units::Span) -> f64 {
    convert::real(span.us()) / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_doubles_order_as_the_doubles_do() {
        let ordered = [
            f64::NEG_INFINITY,
            -2.5,
            -1e-300,
            0.0,
            1e-300,
            3.0,
            f64::INFINITY,
        ];
        assert!(ordered.map(real).is_sorted());
        assert_eq!(real(-0.0), real(0.0));
        assert!([5, 0, -5].map(descending).is_sorted());
    }
}

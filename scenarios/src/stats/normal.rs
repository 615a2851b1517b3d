//! The standard normal distribution, with the same bits on every platform.
//!
//! By the complementary error function of `libm` and Wichura's AS 241; both are good to about 1 part in 10^13 far into the
//! tails, where `statrs` has 1 part in 10^10.

use sim_core::world::draw;

/// The probability of at most `z`.
pub fn below(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// The probability of at least `z`.
pub fn above(z: f64) -> f64 {
    below(-z)
}

/// The value at probability `p`; `None` unless it is strictly between 0 and 1.
pub fn quantile(p: f64) -> Option<f64> {
    (p > 0.0 && p < 1.0).then(|| draw::quantile::normal(p))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden values by scipy 1.17.1: norm.cdf, norm.sf.
    #[test]
    fn tails_agree_with_scipy() {
        let cases = [
            (0.5, 0.691_462_461_274_013_1, 0.308_537_538_725_986_94),
            (1.96, 0.975_002_104_851_779_6, 0.024_997_895_148_220_43),
            (-3.0, 0.001_349_898_031_630_094_6, 0.998_650_101_968_369_9),
            (8.0, 0.999_999_999_999_999_4, 6.220_960_574_271_784e-16),
        ];
        for (z, lower, upper) in cases {
            assert!((below(z) / lower - 1.0).abs() < 1e-12, "{z}");
            assert!((above(z) / upper - 1.0).abs() < 1e-12, "{z}");
        }
    }

    #[test]
    fn a_quantile_is_asked_for_inside_only() {
        for bad in [0.0, 1.0, -1.0, f64::NAN] {
            assert_eq!(quantile(bad), None);
        }
        assert!((below(quantile(0.3).unwrap()) - 0.3).abs() < 1e-15);
    }
}

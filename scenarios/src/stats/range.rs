//! The range of independent standard normals: the studentised range where the deviation is known.
//!
//! The largest of `k` normals is less than `r` above the smallest with probability `k ∫ φ(z) (Φ(z) - Φ(z - r))^(k-1) dz`,
//! over which of them is the largest and where. The integrand falls as a bell curve does, so that the trapezoidal rule on
//! equal steps has the accuracy of doubles (L. N. Trefethen and J. A. C. Weideman, SIAM Review 56, 2014).

use super::normal;
use super::sample::real;

/// Half-width of the integral: what lies beyond has less than 1 part in 10^16.
const REACH: f64 = 9.0;

/// Steps on each side of zero.
const STEPS: u32 = 180;

/// The probability that the range of `k` normals is at most `r`; one of a single normal, which has no range.
pub fn below(k: usize, r: f64) -> f64 {
    if k < 2 {
        return 1.0;
    }
    if r <= 0.0 {
        return 0.0;
    }
    let width = REACH / f64::from(STEPS);
    let density = |z: f64| libm::exp(-z * z / 2.0) / (2.0 * std::f64::consts::PI).sqrt();
    let others = real(k - 1);
    let term = |z: f64| density(z) * libm::pow(normal::below(z) - normal::below(z - r), others);
    let both = |step: u32| {
        let z = f64::from(step) * width;
        term(z) + term(-z)
    };
    let sum = term(0.0) + (1..=STEPS).map(both).sum::<f64>();
    (real(k) * width * sum).min(1.0)
}

/// The range that `k` normals exceed with probability `1 - p`; `None` unless there are two and `p` is strictly between 0 and 1.
pub fn quantile(k: usize, p: f64) -> Option<f64> {
    if k < 2 || !(p > 0.0 && p < 1.0) {
        return None;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while below(k, high) < p && high < 100.0 {
        low = high;
        high *= 2.0;
    }
    // Halving to the last bit.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if below(k, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}

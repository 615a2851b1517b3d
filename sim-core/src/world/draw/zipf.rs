//! Zipf draws by rejection-inversion (Hörmann and Derflinger, ACM TOMACS 6, 1996).

use super::Stream;
use crate::units::convert;

/// Ranks 1 to `n`, rank k with weight `k^-exponent`: who submits, what is popular.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zipf {
    n: f64,
    exponent: f64,
    area_first: f64,
    area_all: f64,
    squeeze: f64,
}

impl Zipf {
    /// Panics unless there is at least one rank, fewer than 2^50, and the exponent is finite and
    /// not negative.
    pub fn new(n: u64, exponent: f64) -> Self {
        assert!((1..1 << 50).contains(&n), "Zipf over {n} ranks");
        assert!(exponent >= 0.0, "Zipf exponent {exponent}");
        assert!(exponent.is_finite(), "Zipf exponent {exponent}");
        let n = convert::real(n);
        let second = 2.0;
        Self {
            n,
            exponent,
            area_first: area(1.5, exponent) - 1.0,
            area_all: area(n + 0.5, exponent),
            squeeze: second
                - inverse_area(area(2.5, exponent) - weight(second, exponent), exponent),
        }
    }

    /// One rank, from 1.
    pub fn draw(&self, stream: &mut Stream) -> u64 {
        loop {
            let u = self.area_all + stream.uniform() * (self.area_first - self.area_all);
            let x = inverse_area(u, self.exponent);
            let rank = libm::floor(x + 0.5).clamp(1.0, self.n);
            let bound = area(rank + 0.5, self.exponent) - weight(rank, self.exponent);
            if rank - x <= self.squeeze || u >= bound {
                return convert::floor(rank);
            }
        }
    }
}

fn weight(x: f64, exponent: f64) -> f64 {
    libm::exp(-exponent * libm::log(x))
}

/// The integral of the weight from 1 to `x`.
fn area(x: f64, exponent: f64) -> f64 {
    let log = libm::log(x);
    expm1_ratio((1.0 - exponent) * log) * log
}

fn inverse_area(area: f64, exponent: f64) -> f64 {
    // Rounding may step just over the pole of the logarithm.
    let t = (area * (1.0 - exponent)).max(-1.0);
    libm::exp(log1p_ratio(t) * area)
}

/// `(e^x - 1) / x`, continued through zero.
fn expm1_ratio(x: f64) -> f64 {
    if x.abs() > 1e-8 {
        libm::expm1(x) / x
    } else {
        1.0 + x * 0.5 * (1.0 + x / 3.0)
    }
}

/// `ln(1 + x) / x`, continued through zero.
fn log1p_ratio(x: f64) -> f64 {
    if x.abs() > 1e-8 {
        libm::log1p(x) / x
    } else {
        1.0 - x * (0.5 - x / 3.0)
    }
}

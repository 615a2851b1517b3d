//! Poisson draws: by inversion where the mean is small, by Hörmann's transformed rejection PTRS
//! (Insurance: Mathematics and Economics 12, 1993) above ten.

use super::Stream;
use crate::units::convert;

/// A Poisson distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Poisson {
    mean: f64,
}

impl Poisson {
    /// Largest mean: beyond, the counts would not be exact in a double.
    pub const MAX_MEAN: f64 = 1e15;

    /// Panics unless the mean is positive and at most [`Poisson::MAX_MEAN`].
    pub fn new(mean: f64) -> Self {
        assert!(mean > 0.0 && mean <= Self::MAX_MEAN, "Poisson mean {mean}");
        Self { mean }
    }

    /// One count.
    pub fn draw(&self, stream: &mut Stream) -> u64 {
        if self.mean < 10.0 {
            invert(self.mean, stream.uniform())
        } else {
            reject(self.mean, stream)
        }
    }
}

/// Walks the distribution function up to `u`.
fn invert(mean: f64, u: f64) -> u64 {
    // Beyond this count a mean below ten leaves less than the spacing of the uniforms.
    const LAST: u64 = 100;
    let mut mass = libm::exp(-mean);
    let mut sum = mass;
    let mut count = 0;
    while u > sum && count < LAST {
        count += 1;
        mass *= mean / convert::real(count);
        sum += mass;
    }
    count
}

fn reject(mean: f64, stream: &mut Stream) -> u64 {
    let log_mean = libm::log(mean);
    let b = 0.931 + 2.53 * mean.sqrt();
    let a = -0.059 + 0.024_83 * b;
    let inverse_alpha = 1.123_9 + 1.132_8 / (b - 3.4);
    let squeeze = 0.927_7 - 3.622_4 / (b - 2.0);
    loop {
        let u = stream.uniform() - 0.5;
        let v = stream.uniform();
        let edge = 0.5 - u.abs();
        let count = libm::floor((2.0 * a / edge + b) * u + mean + 0.43);
        if edge >= 0.07 && v <= squeeze {
            return convert::floor(count);
        }
        if count < 0.0 || (edge < 0.013 && v > edge) {
            continue;
        }
        let proposal = libm::log(v * inverse_alpha / (a / (edge * edge) + b));
        if proposal <= count * log_mean - mean - libm::lgamma(count + 1.0) {
            return convert::floor(count);
        }
    }
}

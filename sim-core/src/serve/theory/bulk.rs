//! The bulk queue M/D^[1..b]/1: a server that takes what waits, up to b, and where nobody does serves the next to come alone;
//! every batch takes one unit of time.
//!
//! The numbers left behind at ends of service are a Markov chain. Their generating function is
//! A(z) N(z) / (z^b - A(z)) with A(z) = exp(rate (z - 1)), where the polynomial N vanishes at the b roots of the denominator
//! in the unit disc (N. T. J. Bailey, On queueing processes with bulk service, JRSS B 16, 1954). One root is 1; the others
//! are found as fixed points of z = w exp(rate (z - 1) / b), one for each b-th root of unity w.

/// Means of a bulk queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bulk {
    /// Mean wait.
    pub mean_wait: f64,
    /// Mean time inside.
    pub mean_time: f64,
    /// Mean size of a batch.
    pub mean_batch: f64,
    /// Probability that a batch leaves nobody behind.
    pub left_empty: f64,
}

/// A complex number.
#[derive(Clone, Copy, Debug)]
struct Complex {
    re: f64,
    im: f64,
}

/// The bulk queue of batches of at most `size` under arrivals at `rate` in a service time; `None` unless the rate is positive
/// and below `size`.
pub fn bulk(size: u32, rate: f64) -> Option<Bulk> {
    let b = f64::from(size);
    if !(rate > 0.0 && rate < b) {
        return None;
    }
    let one = Complex { re: 1.0, im: 0.0 };
    let (mut sum, mut product) = (0.0, one);
    // Of each conjugate pair both are gone through: their sums are real.
    for k in 1..size {
        let z = root(f64::from(k) / b, rate / b);
        let gap = one.minus(z);
        sum += gap.re / gap.square();
        product = product
            .times(z)
            .over(gap)
            .times(Complex { re: -1.0, im: 0.0 });
    }
    let left_empty = (b - rate) * product.re;
    let left = rate + sum - (b * (b - 1.0) - rate * rate) / (2.0 * (b - rate));
    // A cycle is a service and, where nobody was left, the wait for the next to come.
    let mean_batch = rate + left_empty;
    let mean_wait = (left - rate / 2.0) / mean_batch;
    Some(Bulk {
        mean_wait,
        mean_time: mean_wait + 1.0,
        mean_batch,
        left_empty,
    })
}

/// The fixed point of z = exp(2 pi i turn) exp(load (z - 1)) in the unit disc, by Newton's method.
fn root(turn: f64, load: f64) -> Complex {
    let angle = 2.0 * core::f64::consts::PI * turn;
    let mut z = Complex { re: 0.0, im: 0.0 };
    // The map contracts the disc by `load`; a few rounds bring Newton's method near.
    for round in 0..100 {
        let size = libm::exp(load * (z.re - 1.0));
        let turned = angle + load * z.im;
        let image = Complex {
            re: size * libm::cos(turned),
            im: size * libm::sin(turned),
        };
        if round < 20 {
            z = image;
            continue;
        }
        let slope = Complex {
            re: 1.0 - load * image.re,
            im: -load * image.im,
        };
        let step = z.minus(image).over(slope);
        z = z.minus(step);
        if step.square() < 1e-34 {
            break;
        }
    }
    z
}

impl Complex {
    fn minus(self, other: Self) -> Self {
        Self {
            re: self.re - other.re,
            im: self.im - other.im,
        }
    }

    fn times(self, other: Self) -> Self {
        Self {
            re: self.re * other.re - self.im * other.im,
            im: self.re * other.im + self.im * other.re,
        }
    }

    fn over(self, other: Self) -> Self {
        let square = other.square();
        let conjugate = Self {
            re: other.re / square,
            im: -other.im / square,
        };
        self.times(conjugate)
    }

    fn square(self) -> f64 {
        self.re * self.re + self.im * self.im
    }
}

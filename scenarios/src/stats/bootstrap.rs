//! Bootstrap intervals: the values themselves, drawn again and again, say how far a statistic varies.
//!
//! A resample takes as many values as there are, each anew from all of them, so that it is the values with whole weights.
//! Resample `r` of a seed always draws the same positions: statistics of the same replications are resampled together, and
//! more resamples go on from where fewer stopped. The interval is that of [`super::bca`].
//!
//! It assumes that values are independent of each other: replications are, the jobs of one run are not (for those see
//! [`super::batches`] and [`super::blocks`]). Time grows with `n (n + resamples)`.

use sim_core::units::convert;
use sim_core::world::draw::Stream;

use super::bca::{self, Interval};
use super::level::Level;
use super::sample::{Unfit, check};

/// How values are drawn again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// What the draws depend on.
    pub seed: u64,
    /// How often: the ends of a 95 % interval are steady from some thousand on.
    pub resamples: u32,
}

impl Resampling {
    /// The usual number of resamples.
    pub fn usual(seed: u64) -> Self {
        let resamples = 9999;
        Self { seed, resamples }
    }

    /// How often each of `n` values is in a resample, in their order; nothing of nothing.
    pub fn weights(&self, resample: u32, n: usize) -> Vec<f64> {
        let mut weights = vec![0.0; n];
        let mut stream = Stream::new(self.seed, &["bootstrap".into(), resample.into()]);
        for _ in 0..n {
            let at = usize::try_from(stream.below(convert::wide(n))).expect("below a length");
            weights[at] += 1.0;
        }
        weights
    }
}

/// How often each of some values is in each resample, drawn once for many statistics.
#[derive(Clone, Debug)]
pub struct Drawn {
    n: usize,
    /// Resample by resample.
    weights: Vec<f64>,
}

impl Resampling {
    /// All resamples of `n` values: 80 kB a value, of the usual number.
    pub fn drawn(&self, n: usize) -> Drawn {
        let weights = (0..self.resamples).flat_map(|resample| self.weights(resample, n));
        Drawn {
            n,
            weights: weights.collect(),
        }
    }
}

impl Drawn {
    /// The interval of [`of_statistic`].
    ///
    /// # Errors
    ///
    /// Those of [`of_statistic`].
    pub fn interval(
        &self,
        statistic: impl Fn(&[f64]) -> f64,
        level: Level,
    ) -> Result<Interval, Unfit> {
        let resamples = self.weights.chunks_exact(self.n.max(1));
        let resampled: Vec<f64> = resamples.map(&statistic).collect();
        of_resampled(self.n, statistic, &resampled, level)
    }
}

/// The interval of a mean, or of the mean of paired differences.
///
/// # Errors
///
/// Fewer than two values, or one that is no finite number.
pub fn of_mean(values: &[f64], level: Level, resampling: Resampling) -> Result<Interval, Unfit> {
    check(values, 2)?;
    let mean = |weights: &[f64]| weigh(weights, values) / weights.iter().sum::<f64>();
    of_statistic(values.len(), mean, level, resampling)
}

/// The interval of the ratio of two means, `Σ a / Σ b`, whose pairs are drawn together.
///
/// # Errors
///
/// Fewer than two pairs, rows of different lengths, a value that is no finite number, or a denominator that is not above zero.
pub fn of_ratio(
    a: &[f64],
    b: &[f64],
    level: Level,
    resampling: Resampling,
) -> Result<Interval, Unfit> {
    check(a, 2)?;
    check(b, 2)?;
    if a.len() != b.len() {
        return Err(Unfit::Uneven { at: 1 });
    }
    if let Some(at) = b.iter().position(|value| *value <= 0.0) {
        return Err(Unfit::OutOfRange { at, value: b[at] });
    }
    let ratio = |weights: &[f64]| weigh(weights, a) / weigh(weights, b);
    of_statistic(a.len(), ratio, level, resampling)
}

/// The interval of any statistic of `n` weighted values: a weight is how often a value counts, and all are one in the
/// estimate.
///
/// # Errors
///
/// Fewer than two values, or a statistic that is no finite number, of some resample.
pub fn of_statistic(
    n: usize,
    statistic: impl Fn(&[f64]) -> f64,
    level: Level,
    resampling: Resampling,
) -> Result<Interval, Unfit> {
    let resamples = 0..resampling.resamples;
    let resampled = resamples.map(|resample| statistic(&resampling.weights(resample, n)));
    let resampled: Vec<f64> = resampled.collect();
    of_resampled(n, statistic, &resampled, level)
}

/// The interval, the statistics of the resamples being known.
fn of_resampled(
    n: usize,
    statistic: impl Fn(&[f64]) -> f64,
    resampled: &[f64],
    level: Level,
) -> Result<Interval, Unfit> {
    if n < 2 {
        return Err(Unfit::TooFew { have: n, need: 2 });
    }
    let mut weights = vec![1.0; n];
    let estimate = statistic(&weights);
    let left_out: Vec<f64> = (0..n)
        .map(|at| {
            weights[at] = 0.0;
            let one = statistic(&weights);
            weights[at] = 1.0;
            one
        })
        .collect();
    let mut all = resampled.iter().chain(&left_out);
    if all.any(|one| !one.is_finite()) {
        return Err(Unfit::Overflow);
    }
    bca::interval(estimate, resampled, &left_out, level)
}

/// The weighted sum.
fn weigh(weights: &[f64], values: &[f64]) -> f64 {
    let pairs = weights.iter().zip(values);
    pairs.map(|(weight, value)| weight * value).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resamples_do_not_depend_on_their_number_and_hold_as_many_values() {
        let few = Resampling {
            seed: 3,
            resamples: 10,
        };
        let many = Resampling::usual(3);
        for resample in [0, 7, 9] {
            let weights = few.weights(resample, 12);
            assert_eq!(weights, many.weights(resample, 12));
            assert!((weights.iter().sum::<f64>() - 12.0).abs() < 1e-12);
        }
        assert_ne!(few.weights(0, 12), few.weights(1, 12));
        assert_ne!(few.weights(0, 12), Resampling::usual(4).weights(0, 12));
        assert!(few.weights(0, 0).is_empty());
    }

    #[test]
    fn equal_values_give_a_point_and_a_single_one_nothing() {
        let usual = Resampling::usual(1);
        let point = of_mean(&[0.1; 7], Level::USUAL, usual).unwrap();
        assert_eq!(
            (point.low.to_bits(), point.high.to_bits()),
            (point.estimate.to_bits(), point.estimate.to_bits())
        );
        let b = [1.0, 3.0, 7.1];
        let a = b.map(|value| 0.3 * value);
        let ratio = of_ratio(&a, &b, Level::USUAL, usual).unwrap();
        assert!((ratio.high - ratio.low).abs() < 1e-15);
        let few = Unfit::TooFew { have: 1, need: 2 };
        assert_eq!(of_mean(&[2.0], Level::USUAL, usual), Err(few));
    }

    #[test]
    fn a_ratio_wants_pairs_and_positive_denominators() {
        let ratio = |a: &[f64], b: &[f64]| of_ratio(a, b, Level::USUAL, Resampling::usual(1));
        assert_eq!(
            ratio(&[1.0, 2.0], &[1.0, 2.0, 3.0]),
            Err(Unfit::Uneven { at: 1 })
        );
        let zero = Unfit::OutOfRange { at: 1, value: 0.0 };
        assert_eq!(ratio(&[1.0, 2.0], &[1.0, 0.0]), Err(zero));
        assert_eq!(
            ratio(&[1.0, f64::NAN], &[1.0, 2.0]),
            Err(Unfit::NotFinite { at: 1 })
        );
    }
}

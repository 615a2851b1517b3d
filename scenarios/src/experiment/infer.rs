//! How sure numbers are: intervals and tests as `[replicate]` asks for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::schema::{Inference, IntervalKind, TestKind};
use crate::stats::batches::{means, of_run};
use crate::stats::bootstrap::{Drawn, Resampling};
use crate::stats::mean::{relative, t_test};
use crate::stats::wilcoxon::{Method, Zeros, signed_rank};
use crate::stats::{Level, Mean, Side};

/// Means with intervals, and tests of differences.
#[derive(Clone, Debug)]
pub struct Infer {
    inference: Inference,
    /// Nothing is drawn: there is nothing to be unsure of.
    exact: bool,
    resampling: Resampling,
    /// By number of values; whatever is resampled is resampled alike.
    drawn: Arc<Mutex<BTreeMap<usize, Arc<Drawn>>>>,
}

impl Infer {
    /// As the scenario asks for, resampled by the first seed.
    pub fn new(inference: Inference, exact: bool, seed: u64) -> Self {
        Self {
            inference,
            exact,
            resampling: Resampling::usual(seed),
            drawn: Arc::default(),
        }
    }

    /// The name of its intervals.
    pub fn interval(&self) -> &'static str {
        match self.inference.interval {
            IntervalKind::T => "Student's t",
            IntervalKind::Bca => "BCa bootstrap",
            IntervalKind::BatchMeans => "batch means",
        }
    }

    /// The mean of values, one a replication; without an interval where nothing is drawn.
    pub fn mean(&self, values: &[f64]) -> Option<Mean> {
        let mean = Mean::of(values)?;
        let weighed = |weights: &[f64]| {
            let sum: f64 = weights.iter().zip(values).map(|(w, value)| w * value).sum();
            sum / weights.iter().sum::<f64>()
        };
        Some(self.within(mean, weighed))
    }

    /// How much more `a` is than `b` in all, over what `b` is; pairs with a hole are left out.
    pub fn relative(&self, a: &[Option<f64>], b: &[Option<f64>]) -> Option<Mean> {
        let mean = relative(a, b)?;
        let pairs = a.iter().zip(b).filter_map(|(a, b)| (*a).zip(*b));
        let pairs: Vec<(f64, f64)> = pairs.collect();
        let weighed = |weights: &[f64]| {
            let weighed = || weights.iter().zip(&pairs);
            let a: f64 = weighed().map(|(weight, (a, _))| weight * a).sum();
            let b: f64 = weighed().map(|(weight, (_, b))| weight * b).sum();
            a / b - 1.0
        };
        Some(self.within(mean, weighed))
    }

    /// The probability of differences as far from zero if there were none, on either side: none where nothing is drawn, or
    /// where all say alike.
    pub fn p(&self, differences: &[f64]) -> Option<f64> {
        if self.exact {
            return None;
        }
        match self.inference.test {
            TestKind::T => t_test(differences, 0.0, Side::Both).ok().map(|test| test.p),
            TestKind::Wilcoxon => {
                let zeros = differences.iter().all(|difference| *difference == 0.0);
                let test = signed_rank(differences, Zeros::Ranked, Side::Both, Method::Auto);
                test.ok().filter(|_| !zeros).map(|test| test.p)
            }
        }
    }

    /// Whether intervals are of one run.
    pub fn is_of_one_run(&self) -> bool {
        self.inference.interval == IntervalKind::BatchMeans
    }

    /// The mean of one run, with the interval that its batches give; none where there are too few values for them.
    pub fn of_run(&self, mean: Mean, series: &[f64]) -> Mean {
        let batches = of_run(series, Level::USUAL).ok();
        let half = batches.and_then(|batches| batches.mean.half);
        Mean { half, ..mean }
    }

    /// [`Self::p`] of the differences of the jobs of two runs, by the means of their batches.
    pub fn p_of_run(&self, differences: &[f64]) -> Option<f64> {
        let batches = of_run(differences, Level::USUAL).ok()?;
        // Whether or not anything is drawn: it is asked of other runs than this one.
        let drawn = Self {
            exact: false,
            ..self.clone()
        };
        drawn.p(&means(differences, batches.mean.n))
    }

    /// A mean with the interval that is asked for, resampled by a statistic of how often each value counts.
    fn within(&self, mean: Mean, weighed: impl Fn(&[f64]) -> f64) -> Mean {
        if self.exact {
            return Mean {
                half: None,
                skew: 0.0,
                ..mean
            };
        }
        let has_width = mean.half.is_some_and(|half| half > 0.0);
        match self.inference.interval {
            IntervalKind::Bca if has_width => {
                let found = self.drawn(mean.n).interval(weighed, Level::USUAL);
                // Where the resamples do not say, Student's t does.
                found.map_or(mean, |found| mean.within(found.low, found.high))
            }
            IntervalKind::Bca | IntervalKind::T | IntervalKind::BatchMeans => mean,
        }
    }

    /// Resamples of so many values.
    fn drawn(&self, n: usize) -> Arc<Drawn> {
        let mut drawn = self.drawn.lock().expect("no thread panics here");
        let drawn = drawn.entry(n);
        Arc::clone(drawn.or_insert_with(|| Arc::new(self.resampling.drawn(n))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::bootstrap;

    fn infer(interval: IntervalKind, test: TestKind) -> Infer {
        Infer::new(Inference { interval, test }, false, 7)
    }

    const VALUES: [f64; 6] = [1.0, 2.0, 2.5, 3.0, 4.0, 40.0];

    #[test]
    fn a_resampled_interval_is_that_of_the_bootstrap_and_lies_askew() {
        let told = infer(IntervalKind::Bca, TestKind::T).mean(&VALUES);
        let told = told.expect("values");
        let known = bootstrap::of_mean(&VALUES, Level::USUAL, Resampling::usual(7));
        let known = known.expect("values");
        let (low, high) = told.ends();
        assert!((low - known.low).abs() < 1e-9);
        assert!((high - known.high).abs() < 1e-9);
        assert!(told.skew > 1.0, "{told:?}");
        let plain = infer(IntervalKind::T, TestKind::T).mean(&VALUES);
        assert_eq!(plain, Mean::of(&VALUES));
    }

    #[test]
    fn one_value_has_no_interval_equal_ones_no_width_and_what_is_exact_neither() {
        let infer = infer(IntervalKind::Bca, TestKind::Wilcoxon);
        assert_eq!(infer.mean(&[2.0]).expect("a value").half, None);
        assert_eq!(infer.mean(&[2.0; 5]).expect("values").half, Some(0.0));
        assert_eq!(infer.p(&[0.0; 8]), None);
        let exact = Infer::new(infer.inference, true, 7);
        assert_eq!(exact.mean(&VALUES).expect("values").half, None);
        assert_eq!(exact.p(&VALUES), None);
    }

    #[test]
    fn a_relative_difference_is_resampled_by_pairs() {
        let pairs =
            |values: &[f64]| -> Vec<Option<f64>> { values.iter().copied().map(Some).collect() };
        let (a, b) = (pairs(&VALUES), pairs(&[2.0, 1.0, 5.0, 4.0, 6.0, 30.0]));
        let told = infer(IntervalKind::Bca, TestKind::T).relative(&a, &b);
        let told = told.expect("pairs");
        let values: Vec<f64> = b.iter().copied().flatten().collect();
        let known = bootstrap::of_ratio(&VALUES, &values, Level::USUAL, Resampling::usual(7));
        let known = known.expect("pairs");
        assert!((told.ends().0 - (known.low - 1.0)).abs() < 1e-9);
        assert!((told.ends().1 - (known.high - 1.0)).abs() < 1e-9);
        // Twice as much of the same is twice as much in every resample.
        let twice: Vec<Option<f64>> = values.iter().map(|value| Some(2.0 * value)).collect();
        let twice = infer(IntervalKind::Bca, TestKind::T).relative(&twice, &b);
        let (low, high) = twice.expect("pairs").ends();
        assert!((low - 1.0).abs() < 1e-9 && (high - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_signed_ranks_are_counted() {
        // scipy.stats.wilcoxon([1, 2, 2.5, 3, 4, 40]).pvalue = 2 / 2^6.
        let p = infer(IntervalKind::T, TestKind::Wilcoxon).p(&VALUES);
        assert!((p.expect("values") - 0.03125).abs() < 1e-12);
        let t = infer(IntervalKind::T, TestKind::T).p(&VALUES);
        assert!(t.expect("values") > 0.1);
    }
}

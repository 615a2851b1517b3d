//! Sobol's indices: how much of the variance of a result each key makes, alone and with all that it acts together with.
//!
//! Sources: A. Saltelli et al., "Variance based sensitivity analysis of model output" (2010), table 2: the first-order
//! estimator (b), and Jansen's for the total. Valid for Saltelli's design alone. An estimate from few points may lie below zero
//! or above one; the interval, the middle 95 % of estimates from points drawn again, says how rough it is. G. Archer, A. Saltelli
//! and I. Sobol, "Sensitivity measures, ANOVA-like techniques and the use of bootstrap" (1997).

use crate::experiment::number::ratio;
use crate::stats::bootstrap::Resampling;
use crate::stats::quantile;

/// How often points are drawn again for an interval: its ends are steady from some hundreds on.
const RESAMPLES: u32 = 1_000;

/// What one key makes of the variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Index {
    /// By itself.
    pub first: Share,
    /// By itself and together with others.
    pub total: Share,
    /// How many points say so.
    pub points: u64,
}

/// A share of the variance with the ends of its 95 % interval; of few points all three are rough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// The estimate.
    pub share: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The indices of each of `keys` keys from the results by position, their intervals by resampling points under `seed`; `None`
/// where nothing varies. Points with a cell that has no result are left out.
pub fn indices(results: &[Option<f64>], keys: usize, seed: u64) -> Option<Vec<Index>> {
    // The cells of a point stand in the order of `Saltelli`.
    let whole = results.chunks_exact(keys + 2);
    let points: Vec<Vec<f64>> = whole
        .filter_map(|point| point.iter().copied().collect())
        .collect();
    let found = shares(&points, &vec![1.0; points.len()])?;
    let resampling = Resampling {
        seed,
        resamples: RESAMPLES,
    };
    // A resample of points among which nothing varies says nothing.
    let again = (0..RESAMPLES)
        .filter_map(|resample| shares(&points, &resampling.weights(resample, points.len())));
    let again: Vec<Vec<[f64; 2]>> = again.collect();
    let share = |key: usize, which: usize| {
        let mut drawn: Vec<f64> = again.iter().map(|all| all[key][which]).collect();
        drawn.sort_by(f64::total_cmp);
        let share = found[key][which];
        let end = |p: f64| quantile(&drawn, p).unwrap_or(share);
        Share {
            share,
            low: end(0.025),
            high: end(0.975),
        }
    };
    let index = |key: usize| {
        Some(Index {
            first: share(key, 0),
            total: share(key, 1),
            points: u64::try_from(points.len()).ok()?,
        })
    };
    (0..keys).map(index).collect()
}

/// By key, the share alone and in total, where a point counts as often as it weighs.
fn shares(points: &[Vec<f64>], weights: &[f64]) -> Option<Vec<[f64; 2]>> {
    let cells = points.first()?.len();
    let (first, last) = (0, cells - 1);
    let n: f64 = weights.iter().sum();
    let sum = |of: &dyn Fn(&[f64]) -> f64| -> f64 {
        let weighed = points.iter().zip(weights);
        weighed.map(|(point, weight)| weight * of(point)).sum()
    };
    let mean = ratio(sum(&|point| point[first] + point[last]), 2.0 * n)?;
    let square = |x: f64| x * x;
    let spread = sum(&|point| square(point[first] - mean) + square(point[last] - mean));
    let variance = spread / (2.0 * n);
    let of_key = |mixed: usize| {
        let alone = sum(&|point| (point[last] - mean) * (point[mixed] - point[first]));
        let total = sum(&|point| square(point[first] - point[mixed]));
        Some([
            ratio(alone / n, variance)?,
            ratio(total / (2.0 * n), variance)?,
        ])
    };
    (1..last).map(of_key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{
        AxisSpec, Between, Levels, Place, Quantity, Spanned, SweepMethod, SweepSpec, Table, Value,
    };
    use crate::sweep::Design;

    /// Three keys from -pi to pi.
    fn spec(n: u32) -> SweepSpec {
        let at = |number| Spanned::new(Quantity::Number(number), Place::default());
        let axes = ["a", "b", "c"].map(|path| AxisSpec {
            path: Spanned::new(path.to_owned(), Place::default()),
            levels: Levels::Between(Between {
                from: at(-std::f64::consts::PI),
                to: at(std::f64::consts::PI),
                log: false,
            }),
        });
        SweepSpec {
            method: SweepMethod::Sobol,
            n,
            seed: 1,
            axes: axes.to_vec(),
            written: Table::default(),
        }
    }

    fn results(n: u32, model: impl Fn([f64; 3]) -> f64) -> Vec<Option<f64>> {
        let spec = spec(n);
        let design = Design::of(&spec);
        let result = |position| {
            let values = design.values(position);
            let numbers = [0, 1, 2].map(|key: usize| {
                let Value::Float(number) = values[key].value else {
                    panic!("numbers stay numbers");
                };
                number
            });
            Some(model(numbers))
        };
        (0..design.len()).map(result).collect()
    }

    #[test]
    fn the_function_of_ishigami_has_its_known_indices() {
        let ishigami = |[a, b, c]: [f64; 3]| {
            libm::sin(a) + 7.0 * libm::sin(b).powi(2) + 0.1 * c.powi(4) * libm::sin(a)
        };
        let found = indices(&results(4096, ishigami), 3, 1).expect("it varies");
        // Exact values for a = 7 and b = 0.1: Ishigami and Homma (1990).
        let known = [(0.3139, 0.5576), (0.4424, 0.4424), (0.0, 0.2437)];
        for (index, (first, total)) in found.iter().zip(known) {
            assert!((index.first.share - first).abs() < 0.01, "{found:?}");
            assert!((index.total.share - total).abs() < 0.01, "{found:?}");
            assert_eq!(index.points, 4096);
        }
    }

    #[test]
    fn a_sum_has_no_more_in_total_than_alone_and_a_constant_has_none() {
        let sum = |[a, b, _]: [f64; 3]| 2.0 * a + b;
        let found = indices(&results(1024, sum), 3, 1).expect("it varies");
        for (index, known) in found.iter().zip([0.8, 0.2, 0.0]) {
            assert!((index.first.share - known).abs() < 0.01, "{found:?}");
            assert!((index.total.share - known).abs() < 0.01, "{found:?}");
        }
        assert_eq!(indices(&results(64, |_| 3.0), 3, 1), None);
    }

    #[test]
    fn an_interval_holds_the_truth_and_narrows_with_the_root_of_the_points() {
        let sum = |[a, b, _]: [f64; 3]| 2.0 * a + b;
        let width = |n: u32| {
            let found = indices(&results(n, sum), 3, 1).expect("it varies");
            for (index, known) in found.iter().zip([0.8, 0.2, 0.0]) {
                for share in [index.first, index.total] {
                    assert!(share.low <= share.share && share.share <= share.high);
                    // A key of no weight has no spread either, but for rounding.
                    let grain = 1e-9;
                    assert!(share.low - grain <= known && known <= share.high + grain);
                }
            }
            found[0].first.high - found[0].first.low
        };
        let ratio = width(64) / width(1024);
        assert!((3.0..5.5).contains(&ratio), "{ratio}");
    }

    #[test]
    fn points_that_lack_a_result_are_left_out() {
        let mut results = results(8, |[a, ..]| a);
        results[7] = None;
        let found = indices(&results, 3, 1).expect("it varies");
        assert_eq!(found[0].points, 7);
        assert_eq!(indices(&[None; 5], 3, 1), None);
    }
}

//! Sobol's indices: how much of the variance of a result each key makes, alone and with all that it acts together with.
//!
//! Sources: A. Saltelli et al., "Variance based sensitivity analysis of model output" (2010), table 2: the first-order
//! estimator (b), and Jansen's for the total. Valid for Saltelli's design alone. An estimate from few points may lie a
//! little below zero or above one.

use crate::experiment::number::{ratio, real};

/// What one key makes of the variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Index {
    /// By itself.
    pub first: f64,
    /// By itself and together with others.
    pub total: f64,
    /// How many points say so.
    pub points: u64,
}

/// The indices of each of `keys` keys from the results by position; `None` where nothing varies. Points with a cell that has
/// no result are left out.
pub fn indices(results: &[Option<f64>], keys: usize) -> Option<Vec<Index>> {
    // The cells of a point stand in the order of `Saltelli`.
    let cells = keys + 2;
    let whole = results.chunks_exact(cells);
    let points: Vec<Vec<f64>> = whole
        .filter_map(|point| point.iter().copied().collect())
        .collect();
    let n = real(u64::try_from(points.len()).ok()?);
    let both = || points.iter().flat_map(|point| [point[0], point[cells - 1]]);
    let mean = ratio(both().sum(), 2.0 * n)?;
    let variance = both()
        .map(|value| (value - mean) * (value - mean))
        .sum::<f64>()
        / (2.0 * n);
    let index = |key: usize| {
        let mixed = 1 + key;
        let first = points
            .iter()
            .map(|point| (point[cells - 1] - mean) * (point[mixed] - point[0]));
        let total = points
            .iter()
            .map(|point| (point[0] - point[mixed]) * (point[0] - point[mixed]));
        Some(Index {
            first: ratio(first.sum::<f64>() / n, variance)?,
            total: ratio(total.sum::<f64>() / (2.0 * n), variance)?,
            points: u64::try_from(points.len()).ok()?,
        })
    };
    (0..keys).map(index).collect()
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
        let found = indices(&results(4096, ishigami), 3).expect("it varies");
        // Exact values for a = 7 and b = 0.1: Ishigami and Homma (1990).
        let known = [(0.3139, 0.5576), (0.4424, 0.4424), (0.0, 0.2437)];
        for (index, (first, total)) in found.iter().zip(known) {
            assert!((index.first - first).abs() < 0.01, "{found:?}");
            assert!((index.total - total).abs() < 0.01, "{found:?}");
            assert_eq!(index.points, 4096);
        }
    }

    #[test]
    fn a_sum_has_no_more_in_total_than_alone_and_a_constant_has_none() {
        let sum = |[a, b, _]: [f64; 3]| 2.0 * a + b;
        let found = indices(&results(1024, sum), 3).expect("it varies");
        for (index, known) in found.iter().zip([0.8, 0.2, 0.0]) {
            assert!((index.first - known).abs() < 0.01, "{found:?}");
            assert!((index.total - known).abs() < 0.01, "{found:?}");
        }
        assert_eq!(indices(&results(64, |_| 3.0), 3), None);
    }

    #[test]
    fn points_that_lack_a_result_are_left_out() {
        let mut results = results(8, |[a, ..]| a);
        results[7] = None;
        let found = indices(&results, 3).expect("it varies");
        assert_eq!(found[0].points, 7);
        assert_eq!(indices(&[None; 5], 3), None);
    }
}

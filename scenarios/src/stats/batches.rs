//! Batch means: an interval from one long run.
//!
//! Values that follow each other in a run are alike, so that their own deviation says too little. The means of long stretches
//! of it are nearly independent and nearly normal: Student's t interval of some dozen of them covers as stated if they are.
//! Whether they are is asked by von Neumann's ratio `Σ (x' - x)² / Σ (x - mean)²` of neighbours, which for `n` independent
//! normals has mean 2 and variance `4 (n - 2) / (n² - 1)` and falls as neighbours are alike.
//!
//! For a series that has settled: leave out its [`super::warmup`] first. A. M. Law, Simulation Modeling and Analysis, 9.5.3;
//! J. von Neumann, Annals of Mathematical Statistics 12 (1941).

use super::level::Level;
use super::mean::Mean;
use super::normal;
use super::sample::{Unfit, average, check, finite, real, squares};

/// Numbers of batches that [`of_run`] tries, in this order.
const COUNTS: [usize; 4] = [64, 32, 16, 8];

/// Below this p-value neighbours count as alike.
const ALIKE: f64 = 0.1;

/// The means of the stretches of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batches {
    /// Their mean and its interval; `n` is their number.
    pub mean: Mean,
    /// Number of values in each.
    pub size: usize,
    /// How alike neighbours are; none where all are equal.
    pub neighbours: Option<Neighbours>,
}

/// How alike neighbours are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbours {
    /// The correlation of each value with the next.
    pub correlation: f64,
    /// Von Neumann's ratio.
    pub ratio: f64,
    /// The probability of as low a ratio if the values are independent, by the normal law.
    pub p: f64,
}

impl Batches {
    /// Whether nothing speaks against taking them for independent.
    pub fn look_independent(&self) -> bool {
        self.neighbours
            .is_none_or(|neighbours| neighbours.p > ALIKE)
    }
}

/// Cuts a series into so many batches of equal size; what is left over is left out at its beginning.
///
/// # Errors
///
/// Fewer than three batches, fewer values than batches, one that is no finite number, or a sum beyond the largest double.
pub fn batch_means(series: &[f64], batches: usize, level: Level) -> Result<Batches, Unfit> {
    if batches < 3 {
        return Err(Unfit::TooFew {
            have: batches,
            need: 3,
        });
    }
    check(series, batches)?;
    let means = means(series, batches);
    Ok(Batches {
        mean: Mean::at(&means, level).ok_or(Unfit::Overflow)?,
        size: series.len() / batches,
        neighbours: neighbours(&means)?,
    })
}

/// The means of so many batches of equal size, at most as many as there are values.
pub fn means(series: &[f64], batches: usize) -> Vec<f64> {
    let size = series.len() / batches.max(1);
    let kept = &series[series.len() - size * batches..];
    kept.chunks_exact(size.max(1)).map(average).collect()
}

/// As many batches as look independent: of 64, 32, 16 and 8 the first that does, else 8 that do not.
///
/// # Errors
///
/// Fewer than 64 values, one that is no finite number, or a sum beyond the largest double.
pub fn of_run(series: &[f64], level: Level) -> Result<Batches, Unfit> {
    check(series, COUNTS[0])?;
    let mut found = batch_means(series, COUNTS[0], level)?;
    for count in &COUNTS[1..] {
        if found.look_independent() {
            break;
        }
        found = batch_means(series, *count, level)?;
    }
    Ok(found)
}

/// How alike neighbours in a series are; none where all values are equal.
///
/// # Errors
///
/// Fewer than three values, one that is no finite number, or squares beyond the largest double.
pub fn neighbours(series: &[f64]) -> Result<Option<Neighbours>, Unfit> {
    check(series, 3)?;
    let mean = finite(average(series))?;
    let spread = finite(squares(series, mean))?;
    if spread <= 0.0 {
        return Ok(None);
    }
    let pairs = || {
        series
            .windows(2)
            .map(|pair| (pair[0] - mean, pair[1] - mean))
    };
    let correlation = pairs().map(|(one, next)| one * next).sum::<f64>() / spread;
    let steps: f64 = pairs().map(|(one, next)| (next - one) * (next - one)).sum();
    let ratio = finite(steps / spread)?;
    let n = real(series.len());
    let deviation = (4.0 * (n - 2.0) / (n * n - 1.0)).sqrt();
    let p = normal::below((ratio - 2.0) / deviation);
    Ok(Some(Neighbours {
        correlation,
        ratio,
        p,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_over_is_left_out_at_the_beginning() {
        let series = [100.0, 1.0, 3.0, 2.0, 2.0, 5.0, 1.0];
        let batches = batch_means(&series, 3, Level::USUAL).unwrap();
        assert_eq!((batches.size, batches.mean.n), (2, 3));
        assert!((batches.mean.mean - 7.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn equal_batches_have_no_neighbours_and_no_width() {
        let batches = of_run(&[2.5; 100], Level::USUAL).unwrap();
        assert_eq!(batches.neighbours, None);
        assert_eq!(batches.mean.half, Some(0.0));
        assert!(batches.look_independent());
    }

    #[test]
    fn too_little_is_refused() {
        let few = |have, need| Err(Unfit::TooFew { have, need });
        assert_eq!(batch_means(&[1.0; 9], 2, Level::USUAL), few(2, 3));
        assert_eq!(batch_means(&[1.0; 9], 10, Level::USUAL), few(9, 10));
        assert_eq!(of_run(&[1.0; 63], Level::USUAL), few(63, 64));
        let huge = [f64::MAX, -f64::MAX, f64::MAX, 0.0];
        assert_eq!(neighbours(&huge), Err(Unfit::Overflow));
    }
}

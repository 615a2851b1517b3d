//! Where a run has settled: the truncation point that leaves the least standard error (MSER-5).
//!
//! A run that starts empty is not yet what it will be. The series is cut into batches of five, whose means `z` are `b` in
//! number, and the first `d` of them are left out where `Σ (z - mean)² / (b - d)²` over the rest is least: dropping what is
//! unlike the rest lowers the sum, dropping more only the number. The point is looked for in the first half; where it is the
//! last that was looked at, the run is too short to say where it settles.
//!
//! For the mean of a series that settles; one that keeps growing, as a queue under overload, never does. K. P. White,
//! Simulation 69 (1997); K. P. White, M. J. Cobb and S. C. Spratt, Winter Simulation Conference (2000).

use super::sample::{Unfit, check, finite, real};

/// Values in a batch.
pub const BATCH: usize = 5;

/// Least number of batches.
const LEAST: usize = 10;

/// What to leave out of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warmup {
    /// How many values at its beginning.
    pub values: usize,
    /// Whether it has settled before the last point that was looked at.
    pub is_settled: bool,
}

/// The warm-up of a series. A constant one has none.
///
/// # Errors
///
/// Fewer than fifty values, one that is no finite number, or squares beyond the largest double.
pub fn mser5(series: &[f64]) -> Result<Warmup, Unfit> {
    check(series, LEAST * BATCH)?;
    let means: Vec<f64> = series
        .chunks_exact(BATCH)
        .map(|batch| batch.iter().sum::<f64>() / real(BATCH))
        .collect();
    let last = means.len() / 2;
    // From the end, as each step then adds one mean to those that are kept.
    let (mut kept, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let (mut least, mut cut) = (f64::INFINITY, last);
    for (at, z) in means.iter().enumerate().rev() {
        kept += 1.0;
        let off = z - mean;
        mean += off / kept;
        squares += off * (z - mean);
        let error = finite(squares / (kept * kept))?;
        if at <= last && error <= least {
            (least, cut) = (error, at);
        }
    }
    Ok(Warmup {
        values: cut * BATCH,
        is_settled: cut < last,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_needs_no_warm_up_and_a_ramp_never_settles() {
        let none = Warmup {
            values: 0,
            is_settled: true,
        };
        assert_eq!(mser5(&[0.1; 60]), Ok(none));
        let ramp: Vec<f64> = (0..60).map(f64::from).collect();
        let never = Warmup {
            values: 30,
            is_settled: false,
        };
        assert_eq!(mser5(&ramp), Ok(never));
    }

    #[test]
    fn a_step_is_cut_where_it_is() {
        let steps: Vec<f64> = (0..100)
            .map(|i| f64::from(u8::from(i < 20)) + f64::from(i % 5))
            .collect();
        let cut = Warmup {
            values: 20,
            is_settled: true,
        };
        assert_eq!(mser5(&steps), Ok(cut));
    }

    #[test]
    fn a_short_series_is_refused() {
        let few = Unfit::TooFew { have: 49, need: 50 };
        assert_eq!(mser5(&[1.0; 49]), Err(few));
        let mut series = [1.0; 50];
        series[3] = f64::NAN;
        assert_eq!(mser5(&series), Err(Unfit::NotFinite { at: 3 }));
        series[3] = f64::MAX;
        assert_eq!(mser5(&series), Err(Unfit::Overflow));
    }
}

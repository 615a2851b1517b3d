//! Means with Student's t intervals, paired differences, exact quantiles.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::number::real;

/// A mean with its 95 % interval; none where there is a single value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval.
    pub half: Option<f64>,
    /// Number of values.
    pub n: usize,
}

impl Mean {
    /// Of `values`; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let count = real(u64::try_from(n).expect("64 bits"));
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values
            .iter()
            .map(|value| (value - mean) * (value - mean))
            .sum();
        let half = (n > 1).then(|| {
            let deviation = (squares / (count - 1.0)).sqrt();
            t_quantile(count - 1.0) * deviation / count.sqrt()
        });
        Some(Self { mean, half, n })
    }

    /// The ends of the interval; the mean itself where there is none.
    pub fn ends(&self) -> (f64, f64) {
        let half = self.half.unwrap_or(0.0);
        (self.mean - half, self.mean + half)
    }
}

/// The 97.5 % point of Student's t.
fn t_quantile(freedom: f64) -> f64 {
    let t = StudentsT::new(0.0, 1.0, freedom).expect("a positive number of degrees of freedom");
    t.inverse_cdf(0.975)
}

/// Differences `a - b`, pair by pair; pairs with a hole are left out.
pub fn differences(a: &[Option<f64>], b: &[Option<f64>]) -> Vec<f64> {
    a.iter()
        .zip(b)
        .filter_map(|(a, b)| Some((*a)? - (*b)?))
        .collect()
}

/// Differences `(a - b) / mean(b)`, pair by pair: relative to the baseline's mean, so that they add up.
pub fn relative(a: &[Option<f64>], b: &[Option<f64>]) -> Option<Mean> {
    let known: Vec<f64> = b.iter().flatten().copied().collect();
    let base = Mean::of(&known)?.mean;
    if base == 0.0 {
        return None;
    }
    let differences: Vec<f64> = differences(a, b)
        .into_iter()
        .map(|difference| difference / base)
        .collect();
    Mean::of(&differences)
}

/// The `q`-quantile of ascending values, by linear interpolation between order statistics (Hyndman and Fan's type 7).
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = q * real(u64::try_from(last).expect("64 bits"));
    let below = usize::try_from(sim_core::units::convert::floor(at)).expect("64 bits");
    let part = at - at.floor();
    let next = sorted[(below + 1).min(last)];
    Some(sorted[below] + part * (next - sorted[below]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden values by scipy.stats.t.interval(0.95, 4, loc=mean, scale=sem) and numpy.quantile.
    #[test]
    fn intervals_and_quantiles_agree_with_scipy_and_numpy() {
        let values = [2.1, 3.4, 1.9, 5.0, 2.6];
        let mean = Mean::of(&values).expect("five values");
        assert!((mean.mean - 3.0).abs() < 1e-12);
        assert!((mean.half.expect("an interval") - 1.563_215_0).abs() < 1e-5);
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        assert!((quantile(&sorted, 0.5).expect("values") - 2.6).abs() < 1e-12);
        assert!((quantile(&sorted, 0.99).expect("values") - 4.936).abs() < 1e-12);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_relative_difference_is_paired() {
        let base = [Some(10.0), Some(20.0), None];
        let other = [Some(9.0), Some(18.0), Some(1.0)];
        let mean = relative(&other, &base).expect("pairs");
        assert!((mean.mean + 0.1).abs() < 1e-12);
        assert_eq!(mean.n, 2);
    }
}

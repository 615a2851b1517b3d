//! Means with Student's t intervals, and differences of pairs.
//!
//! The interval of `n` values of mean `m` and deviation `s` is `m ± t s / √n`, where `t` is the quantile of Student's t with
//! `n - 1` degrees of freedom. It covers as stated if the values are independent and normal, and nearly so from some thirty
//! values on if they are not badly skewed; where they are, it misses mostly at one end, and [`super::bootstrap`] at both alike.
//!
//! Two policies that met the same luck are compared by the differences of their pairs, one pair a seed: what the seed does to
//! both cancels, so that far fewer seeds tell them apart (common random numbers).

use super::level::{Level, Side};
use super::sample::{Unfit, average, check, finite, real, squares};
use super::student;

/// A mean with its interval; none where there is a single value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval.
    pub half: Option<f64>,
    /// How far the middle of the interval is above the mean: not at all, but where it was resampled.
    pub skew: f64,
    /// Number of values.
    pub n: usize,
}

impl Mean {
    /// Of `values`, with the 95 % interval; `None` if there are none, or no finite mean.
    pub fn of(values: &[f64]) -> Option<Self> {
        Self::at(values, Level::USUAL)
    }

    /// Of `values`, with the interval at this level. Equal values have an interval of width zero.
    pub fn at(values: &[f64], level: Level) -> Option<Self> {
        let n = values.len();
        check(values, 1).ok()?;
        let mean = finite(average(values)).ok()?;
        let half = if n > 1 {
            let t = student::quantile(real(n - 1), level.upper());
            Some(finite(t * standard_error(values, mean)).ok()?)
        } else {
            None
        };
        Some(Self {
            mean,
            half,
            skew: 0.0,
            n,
        })
    }

    /// The ends of the interval; the mean itself where there is none.
    pub fn ends(&self) -> (f64, f64) {
        let Some(half) = self.half else {
            return (self.mean, self.mean);
        };
        let middle = self.mean + self.skew;
        (middle - half, middle + half)
    }

    /// The ends, if there is an interval.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.half.map(|_| self.ends())
    }

    /// The same mean with another interval.
    pub fn within(self, low: f64, high: f64) -> Self {
        Self {
            half: Some((high - low) / 2.0),
            skew: f64::midpoint(low, high) - self.mean,
            ..self
        }
    }
}

/// The standard deviation, by the sum of squares over `n - 1`; `None` of fewer than two values, or of one that is no finite
/// number. Equal values deviate by zero.
pub fn deviation(values: &[f64]) -> Option<f64> {
    check(values, 2).ok()?;
    let mean = finite(average(values)).ok()?;
    finite(standard_error(values, mean) * real(values.len()).sqrt()).ok()
}

/// Deviation of the mean of at least two values.
fn standard_error(values: &[f64], mean: f64) -> f64 {
    let n = real(values.len());
    (squares(values, mean) / (n - 1.0)).sqrt() / n.sqrt()
}

/// Student's t of a mean against a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TTest {
    /// The mean's distance from the number, in standard errors.
    pub t: f64,
    /// The probability of a distance as large if that number were the truth.
    pub p: f64,
}

/// Tests whether the mean of `values` is `against`.
///
/// # Errors
///
/// Fewer than two values, or all of them equal.
pub fn t_test(values: &[f64], against: f64, side: Side) -> Result<TTest, Unfit> {
    check(values, 2)?;
    let mean = finite(average(values))?;
    let error = finite(standard_error(values, mean))?;
    if error <= 0.0 {
        return Err(Unfit::NoSpread);
    }
    let t = finite((mean - against) / error)?;
    let freedom = real(values.len() - 1);
    let p = side.p_value(student::above(freedom, -t), student::above(freedom, t));
    Ok(TTest { t, p })
}

/// Differences `a - b`, pair by pair; pairs with a hole are left out.
pub fn differences(a: &[Option<f64>], b: &[Option<f64>]) -> Vec<f64> {
    a.iter()
        .zip(b)
        .filter_map(|(a, b)| Some((*a)? - (*b)?))
        .collect()
}

/// What each pair says of `mean(a) / mean(b) - 1`, by how much more `a` is in all: values whose mean is that, and whose spread
/// is that of its estimate, as by the delta method. A pair that is dear in both says no less than a cheap one, where a seed
/// scales both alike. Pairs with a hole are left out; `None` where there is none left, or the mean of `b` is zero.
///
/// With `r = mean(a) / mean(b)`, pair `i` says `r - 1 + (a_i - r b_i) / mean(b)` (Cochran, Sampling Techniques, 1977, 6.4; fit
/// where the mean of `b` is told to within a tenth).
pub fn relative_differences(a: &[Option<f64>], b: &[Option<f64>]) -> Option<Vec<f64>> {
    let pairs = a.iter().zip(b).filter_map(|(a, b)| (*a).zip(*b));
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.unzip();
    check(&a, 1).and_then(|()| check(&b, 1)).ok()?;
    let base = average(&b);
    let ratio = finite(average(&a) / base).ok()?;
    let says = |(a, b): (&f64, &f64)| ratio - 1.0 + (a - ratio * b) / base;
    Some(a.iter().zip(&b).map(says).collect())
}

/// How much more `a` is than `b` in all, over what `b` is, with the 95 % interval of [`relative_differences`].
pub fn relative(a: &[Option<f64>], b: &[Option<f64>]) -> Option<Mean> {
    Mean::of(&relative_differences(a, b)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_difference_is_paired() {
        let base = [Some(10.0), Some(20.0), None];
        let other = [Some(9.0), Some(18.0), Some(1.0)];
        let mean = relative(&other, &base).expect("pairs");
        assert!((mean.mean + 0.1).abs() < 1e-12);
        assert_eq!(mean.n, 2);
        // Each pair says the same, however large it is.
        assert!(mean.half.expect("two pairs") < 1e-12);
        assert_eq!(relative_differences(&other, &[None; 3]), None);
        assert_eq!(relative_differences(&other, &[Some(0.0); 3]), None);
    }

    #[test]
    fn a_deviation_wants_two_values() {
        assert_eq!(deviation(&[1.0]), None);
        assert_eq!(deviation(&[2.0; 3]), Some(0.0));
        assert_eq!(deviation(&[f64::MAX, -f64::MAX]), None);
        assert!((deviation(&[1.0, 2.0, 3.0]).expect("values") - 1.0).abs() < 1e-15);
    }

    #[test]
    fn no_value_has_no_mean_one_no_interval_and_equal_ones_no_width() {
        assert_eq!(Mean::of(&[]), None);
        assert_eq!(Mean::of(&[1.0, f64::NAN]), None);
        assert_eq!(Mean::of(&[f64::MAX, f64::MAX]), None);
        assert_eq!(Mean::of(&[3.0]).expect("a value").half, None);
        assert_eq!(Mean::of(&[3.0; 4]).expect("values").half, Some(0.0));
        assert_eq!(t_test(&[3.0; 4], 1.0, Side::Both), Err(Unfit::NoSpread));
        let few = Unfit::TooFew { have: 1, need: 2 };
        assert_eq!(t_test(&[3.0], 1.0, Side::Both), Err(few));
    }
}

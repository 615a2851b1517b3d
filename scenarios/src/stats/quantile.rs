//! Quantiles of values that are there.

use super::sample::{position, real};

/// The `q`-quantile of ascending values, by linear interpolation between order statistics (Hyndman and Fan's type 7);
/// `None` of nothing, or of no number `q`, which is held to the range from 0 to 1. The values are finite.
pub fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    if q.is_nan() {
        return None;
    }
    let at = q.clamp(0.0, 1.0) * real(last);
    let below = position(at).min(last);
    let part = at - at.floor();
    let (here, next) = (sorted[below], sorted[(below + 1).min(last)]);
    let gap = next - here;
    Some(if gap.is_finite() {
        here + part * gap
    } else {
        here * (1.0 - part) + next * part
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden values by numpy.quantile.
    #[test]
    fn quantiles_agree_with_numpy() {
        let sorted = [1.9, 2.1, 2.6, 3.4, 5.0];
        assert!((quantile(&sorted, 0.5).expect("values") - 2.6).abs() < 1e-12);
        assert!((quantile(&sorted, 0.99).expect("values") - 4.936).abs() < 1e-12);
        assert_eq!(quantile(&sorted, 7.0), Some(5.0));
        assert_eq!(quantile(&[3.0], 0.2), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], f64::NAN), None);
        assert_eq!(quantile(&[f64::MIN, f64::MAX], 0.5), Some(0.0));
    }
}

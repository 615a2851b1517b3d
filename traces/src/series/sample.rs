//! Mean, median and 90 % of a sample, as the published tables of spot markets take them.

use sim_core::units::convert;

/// The arithmetic mean, of none where there is nothing.
pub(super) fn mean(sample: &[f64]) -> Option<f64> {
    let count = convert::real(convert::wide(sample.len()));
    (!sample.is_empty()).then(|| sample.iter().sum::<f64>() / count)
}

/// The middle of a sorted sample, the mean of the middle two where there are two.
pub(super) fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle)?;
    if sorted.len().is_multiple_of(2) {
        Some(f64::midpoint(sorted[middle - 1], *upper))
    } else {
        Some(*upper)
    }
}

/// The least value of a sorted sample with 90 % of it, rounded down, before it.
pub(super) fn p90(sorted: &[f64]) -> Option<f64> {
    sorted.get(sorted.len() * 9 / 10).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_two_is_between_them() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[1.0, 3.0]), Some(2.0));
        assert_eq!(median(&[1.0, 3.0, 9.0]), Some(3.0));
        assert_eq!((mean(&[]), mean(&[1.0, 2.0])), (None, Some(1.5)));
        let ten: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(
            (p90(&[]), p90(&[4.0]), p90(&ten)),
            (None, Some(4.0), Some(9.0))
        );
    }
}

//! Many questions asked at once: Holm's step-down correction.
//!
//! Asked twenty questions to which the truth is no, tests at 5 % say yes once. With the p-values ascending, the i-th of m is
//! multiplied by `m - i + 1` and never falls below those before it; then the chance of any false yes is at most the level,
//! however the tests depend on each other. S. Holm, Scandinavian Journal of Statistics 6 (1979).

use super::sample::{Unfit, real};

/// The corrected p-values, in the order given; nothing of nothing.
///
/// # Errors
///
/// A value that is no number from 0 to 1.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, Unfit> {
    let bad = p_values.iter().position(|p| !(0.0..=1.0).contains(p));
    if let Some(at) = bad {
        let value = p_values[at];
        return Err(if value.is_finite() {
            Unfit::OutOfRange { at, value }
        } else {
            Unfit::NotFinite { at }
        });
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]).then(a.cmp(&b)));
    let mut corrected = vec![0.0; p_values.len()];
    let mut least = 0.0_f64;
    for (before, &at) in order.iter().enumerate() {
        let questions = real(p_values.len() - before);
        least = least.max((questions * p_values[at]).min(1.0));
        corrected[at] = least;
    }
    Ok(corrected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_probability_is_refused() {
        assert_eq!(holm(&[]), Ok(Vec::new()));
        assert_eq!(holm(&[0.2]), Ok(vec![0.2]));
        let outside = Unfit::OutOfRange { at: 1, value: 1.5 };
        assert_eq!(holm(&[0.2, 1.5]), Err(outside));
        assert_eq!(holm(&[f64::NAN]), Err(Unfit::NotFinite { at: 0 }));
    }
}

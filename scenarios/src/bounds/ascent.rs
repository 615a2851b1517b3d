//! Ascent to good fees: a dual function of fees is raised step by step towards a target a little above the best value so far.
//!
//! The function is concave, any fees give a bound, and what is wanted beyond what there is says which to raise (N. Z. Shor;
//! B. T. Polyak, 1969). Floating-point numbers only choose what is tried; a value is what the function says of whole fees.

use sim_core::units::convert;

use super::problem::Unbounded;

/// What the function says of fees: its value, if it is positive and small enough; and by fee, how much more is wanted than
/// there is.
pub(super) struct Answer {
    pub(super) value: Option<u128>,
    pub(super) excess: Vec<f64>,
}

/// Fees that are tried.
const ROUNDS: u32 = 40;

/// The best value found; none where no value was small enough. `unit` is what a fee of one for an amount of one comes to.
pub(super) fn climb(
    count: usize,
    unit: f64,
    mut ask: impl FnMut(&[u64]) -> Result<Answer, Unbounded>,
) -> Result<Option<u128>, Unbounded> {
    let mut fees = vec![0.0_f64; count];
    let mut best: Option<u128> = None;
    let (mut above, mut failures) = (0.1, 0);
    for _ in 0..ROUNDS {
        let whole: Vec<u64> = fees.iter().map(|fee| convert::floor(*fee)).collect();
        let Answer { value, excess } = ask(&whole)?;
        if value.is_some_and(|value| best.is_none_or(|best| best < value)) {
            best = value;
            failures = 0;
        } else {
            failures += 1;
        }
        if failures == 4 {
            (above, failures) = (above / 2.0, 0);
        }
        let target = real(best.unwrap_or(0)) * (1.0 + above) + 1.0;
        let by = target - real(value.or(best).unwrap_or(0));
        let moves = fees.iter().zip(&excess);
        let moves = moves.filter(|(fee, more)| **more > 0.0 || **fee > 0.0);
        let square: f64 = moves.map(|(_, more)| unit * more * unit * more).sum();
        // Roundings of a microsecond are no excess.
        if !excess.iter().any(|more| *more > 1.0) || square <= 0.0 {
            break;
        }
        for (fee, more) in fees.iter_mut().zip(excess) {
            *fee = (*fee + by / square * unit * more).max(0.0);
        }
    }
    Ok(best)
}

/// The nearest double, or nearly.
pub(super) fn real(number: u128) -> f64 {
    let low = u64::try_from(number & u128::from(u64::MAX)).expect("masked");
    let high = u64::try_from(number >> 64).expect("half of it");
    convert::real(high) * 18_446_744_073_709_551_616.0 + convert::real(low)
}

//! Covering: all jobs in one market, in parts of any size, each slot of time with as many GPUs as there are.
//!
//! Assumptions: those of [`super::alone`].
//!
//! Why no run beats it: charge a fee for the use of each pool in each slot, beside its price. Whatever the fees, what a run's
//! jobs pay with them is no less than what each would pay by itself ([`super::alone`]), and no more than its cost and the fees
//! of all GPUs there are. So the difference is a bound: the dual of the linear programme that covers the work of all jobs by
//! the GPU time of all slots. Good fees raise the price where more is wanted than there is; they are looked for by subgradient
//! ascent towards a target, in floating-point numbers, and the bound for each is computed in integers.

use super::alone::open;
use super::bound::{Quantity, Relaxation};
use super::market::Market;
use super::problem::{Feature, Problem, Unbounded};
use sim_core::units::convert;

/// For tables.
pub const COVERING: Relaxation = Relaxation {
    name: "covering by slots",
    of: Quantity::Cost,
    unless: &[
        Feature::Sharing,
        Feature::Elastic,
        Feature::Goodput,
        Feature::Variants,
    ],
    value,
};

/// Most jobs times slots of the market.
const LARGEST: usize = 20_000;
/// Fees that are tried.
const ROUNDS: u32 = 60;

fn value(problem: &Problem) -> Result<u128, Unbounded> {
    let (market, paid) = open(problem)?;
    if market.starts.len().saturating_mul(problem.jobs().len()) > LARGEST {
        return Err(Unbounded::TooLarge);
    }
    let mut fees = Fees::new(&market);
    let mut best: Option<u128> = None;
    let (mut above, mut failures) = (0.1, 0);
    for _ in 0..ROUNDS {
        let (with_fees, excess) = fees.charge(problem, &market)?;
        let improves = with_fees.is_some_and(|value| best.is_none_or(|best| best < value));
        if improves {
            best = with_fees;
            failures = 0;
        } else {
            failures += 1;
        }
        if failures == 4 {
            (above, failures) = (above / 2.0, 0);
        }
        let now = with_fees.or(best).unwrap_or(0);
        let target = real(best.unwrap_or(0)) * (1.0 + above) + 1.0;
        if !fees.raise(&excess, target - real(now)) {
            break;
        }
    }
    let best = best.ok_or(Unbounded::TooLarge)?;
    Ok(paid.saturating_add(best))
}

/// Fees by slot and pool, beside the prices of a market.
struct Fees {
    fees: Vec<Vec<f64>>,
    whole: Vec<Vec<u64>>,
}

/// By slot and pool: how much more is wanted than there is, in GPUs times microseconds.
type Excess = Vec<Vec<f64>>;

impl Fees {
    fn new(market: &Market) -> Self {
        let none = |slot: &Vec<_>| vec![0.0; slot.len()];
        let whole = |slot: &Vec<_>| vec![0; slot.len()];
        Self {
            fees: market.offers.iter().map(none).collect(),
            whole: market.offers.iter().map(whole).collect(),
        }
    }

    /// What jobs pay with these fees less the fees of all there is, if numbers are small enough and it is positive; and what
    /// is wanted too much.
    fn charge(
        &self,
        problem: &Problem,
        market: &Market,
    ) -> Result<(Option<u128>, Excess), Unbounded> {
        let mut dearer = market.clone();
        let mut excess: Excess = Vec::with_capacity(market.offers.len());
        let mut fees = Some(0_u128);
        for (slot, offers) in dearer.offers.iter_mut().enumerate() {
            let length = market.length(slot);
            let mut there = Vec::with_capacity(offers.len());
            for (pool, offer) in offers.iter_mut().enumerate() {
                let fee = self.whole[slot][pool];
                offer.price = offer.price.saturating_add(fee);
                let amount = u128::from(offer.gpus) * u128::from(length);
                let more = amount.checked_mul(fee.into());
                fees = fees
                    .zip(more)
                    .and_then(|(fees, more)| fees.checked_add(more));
                there.push(-convert::real(offer.gpus) * convert::real(length));
            }
            excess.push(there);
        }
        let mut paid = 0_u128;
        for (position, job) in problem.jobs().iter().enumerate() {
            let purchase = dearer.least(job);
            let purchase = purchase.ok_or(Unbounded::Impossible(Some(position)))?;
            paid = paid.saturating_add(purchase.cost);
            for (slot, pool, amount) in purchase.taken {
                excess[slot][pool] += amount;
            }
        }
        let value = fees.and_then(|fees| paid.checked_sub(fees));
        Ok((value, excess))
    }

    /// Raises the fees of what is wanted too much and lowers the others, so that the bound would rise by `by` if it were
    /// linear; false where nothing is to be raised.
    fn raise(&mut self, excess: &Excess, by: f64) -> bool {
        let pairs = || self.fees.iter().flatten().zip(excess.iter().flatten());
        let moves = pairs().filter(|(fee, more)| **more > 0.0 || **fee > 0.0);
        let square: f64 = moves.map(|(_, more)| more * more).sum();
        // Roundings of a microsecond are no excess.
        if !pairs().any(|(_, more)| *more > 1.0) || square <= 0.0 {
            return false;
        }
        let step = by / square;
        let fees = self.fees.iter_mut().flatten().zip(excess.iter().flatten());
        for ((fee, more), whole) in fees.zip(self.whole.iter_mut().flatten()) {
            *fee = (*fee + step * more).max(0.0);
            *whole = convert::floor(*fee);
        }
        true
    }
}

fn real(number: u128) -> f64 {
    convert::real(u64::try_from(number >> 20).unwrap_or(u64::MAX)) * 1_048_576.0
        + convert::real(u64::try_from(number & 0xF_FFFF).expect("masked"))
}

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
use super::ascent::{Answer, climb, real};
use super::bound::{COST_UNLESS, Quantity, Relaxation};
use super::market::Market;
use super::problem::{Problem, Unbounded};

/// For tables.
pub const COVERING: Relaxation = Relaxation {
    name: "covering by slots",
    of: Quantity::Cost,
    unless: COST_UNLESS,
    value,
};

/// Most slots of the market, and most of them that jobs may choose from, all together.
const LARGEST: usize = 2_000;

fn value(problem: &Problem) -> Result<u128, Unbounded> {
    let (market, paid) = open(problem)?;
    if market.starts.len().max(market.choices(problem.jobs())) > LARGEST {
        return Err(Unbounded::TooLarge);
    }
    let count = market.offers().iter().map(Vec::len).sum();
    let best = climb(count, 1.0, |fees| charge(problem, &market, fees))?;
    Ok(paid.saturating_add(best.ok_or(Unbounded::TooLarge)?))
}

/// What jobs pay with fees by slot and pool, less the fees of all there is; and what is wanted too much, in GPUs times
/// microseconds.
fn charge(problem: &Problem, market: &Market, fees: &[u64]) -> Result<Answer, Unbounded> {
    let dearer = market.dearer(fees);
    let mut excess = Vec::with_capacity(fees.len());
    let mut all = Some(0_u128);
    let slots = market.offers().iter().enumerate();
    let offers = slots.flat_map(|(slot, offers)| offers.iter().map(move |offer| (slot, offer)));
    for ((slot, offer), fee) in offers.zip(fees) {
        let there = u128::from(offer.gpus) * u128::from(market.length(slot));
        let more = there.checked_mul((*fee).into());
        all = all.zip(more).and_then(|(all, more)| all.checked_add(more));
        excess.push(-real(there));
    }
    let pools = market.offers().first().map_or(0, Vec::len);
    let mut paid = 0_u128;
    for (position, job) in problem.jobs().iter().enumerate() {
        let purchase = dearer.least(job);
        let purchase = purchase.ok_or(Unbounded::Impossible(Some(position)))?;
        paid = paid.saturating_add(purchase.cost);
        for (slot, pool, amount) in purchase.taken {
            excess[slot * pools + pool] += amount;
        }
    }
    let value = all.and_then(|all| paid.checked_sub(all));
    Ok(Answer { value, excess })
}

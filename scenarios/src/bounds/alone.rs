//! Each job by itself: what an omniscient buyer pays for it who has the whole market to himself.
//!
//! Assumes that a gang holds its width while it runs, on one model at a time, that GPUs in use are paid for at the least at the
//! price of the moment, and that floors are paid until the last job ends. Holds with interruptions, restarts, boots, idle
//! machines, minimum billing times and fees, all of which only add. What the first start costs is part of the spans.
//!
//! Why no run beats it: what a run gives to a job is a way to do its work within its time on GPUs that are there, in parts of
//! any size; the market's optimum (`market`) is the cheapest such way. The others can only be in the way, and what
//! all pay is the sum. Floors are free until a bound of the makespan and cost their price after it, as in [`super::kept`].

use super::bound::{COST_UNLESS, Quantity, Relaxation, best};
use super::kept::floors_until;
use super::market::Market;
use super::problem::{Pool, Problem, Unbounded};
use super::steps::Steps;

/// For tables.
pub const ALONE: Relaxation = Relaxation {
    name: "each job by itself",
    of: Quantity::Cost,
    unless: COST_UNLESS,
    value,
};

/// Most slots of the market that jobs may choose from, all together.
const LARGEST: usize = 1 << 18;

fn value(problem: &Problem) -> Result<u128, Unbounded> {
    let (market, paid) = open(problem)?;
    if market.choices(problem.jobs()) > LARGEST {
        return Err(Unbounded::TooLarge);
    }
    let mut all = paid;
    for (position, job) in problem.jobs().iter().enumerate() {
        let cost = market.cost(job);
        let cost = cost.ok_or(Unbounded::Impossible(Some(position)))?;
        all = all.saturating_add(cost);
    }
    Ok(all)
}

/// The market with floors as pools that cost nothing before the makespan's bound, and what floors cost until then.
pub(super) fn open(problem: &Problem) -> Result<(Market, u128), Unbounded> {
    // Without floors nobody asks for the end.
    let end = if problem.floors().is_empty() {
        0
    } else {
        best(problem, Quantity::Makespan)?.value
    };
    let from = u64::try_from(end).map_err(|_| Unbounded::TooLarge)?;
    let mut pools = problem.pools().to_vec();
    pools.extend(problem.floors().iter().map(|floor| Pool {
        model: floor.model,
        gpus: Steps::constant(floor.gpus),
        price: Steps::new([(from.max(floor.from), floor.price)]),
    }));
    Ok((Market::new(&pools), floors_until(problem, end)))
}

//! One job by whole ticks: what an omniscient buyer pays who switches between spot and on demand, exactly.
//!
//! Assumes one job with a deadline, one spot and one on-demand offering of constant price, decisions at whole ticks of which
//! each is paid whole, and a changeover without progress at every launch, the first included: the setting of "Can't Be Late"
//! (Wu et al., NSDI 2024). It says nothing of runs that start or stop within a tick; [`super::alone`] holds for those.
//!
//! Why no run beats it: it is the optimum, by dynamic programming over all schedules
//! ([`policies::deadline::optimum`]). Where a tick is too fine a number for that, time is counted in coarser grains: ticks
//! rounded up, work and changeovers down. Every schedule of the job stays one then, so that the bound stays one.

use policies::deadline::On;
use policies::deadline::optimum::{Order, cheapest};

use super::bound::Bound;
use super::problem::Unbounded;

/// For tables.
pub const BY_TICKS: &str = "omniscient, by ticks";

/// Most grains of a tick.
const GRAINS: u64 = 119;

/// The least that the ticks cost in which a job's machines are held, where `up` says in which of them there is spot, until
/// the deadline.
///
/// # Errors
/// The job cannot be done in time, or there are too many ticks.
pub fn by_ticks(up: &[bool], order: Order) -> Result<Bound, Unbounded> {
    let ticks = u64::try_from(up.len()).map_err(|_| Unbounded::TooLarge)?;
    let needed = order.work.checked_add(order.changeover);
    let there = order.tick.checked_mul(ticks);
    let (needed, there) = needed.zip(there).ok_or(Unbounded::TooLarge)?;
    if order.work > 0 && needed > there {
        return Err(Unbounded::Impossible(Some(0)));
    }
    let order = in_grains(order);
    let schedule = cheapest(up, order).ok_or(Unbounded::TooLarge)?;
    let [spot, on_demand] = order.prices.map(u128::from);
    let costs = schedule.into_iter().map(|on| match on {
        On::Idle => 0,
        On::Spot => spot,
        On::OnDemand => on_demand,
    });
    Ok(Bound {
        value: costs.sum(),
        by: BY_TICKS,
    })
}

/// The same order in grains so coarse that no others are looked for: exact ones, if they are.
fn in_grains(order: Order) -> Order {
    let exact = gcd(gcd(order.tick, order.work), order.changeover).max(1);
    let (grain, tick) = if order.tick / exact <= GRAINS {
        (exact, order.tick / exact)
    } else {
        let grain = order.tick.div_ceil(GRAINS);
        (grain, order.tick.div_ceil(grain))
    };
    Order {
        tick,
        work: order.work / grain,
        changeover: order.changeover / grain,
        prices: order.prices,
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

//! Clairvoyant provisioning: the cheapest numbers of replicas for who knows the need of every interval.
//!
//! Assumes one pool of equal replicas whose need is a number for each interval, whatever was done before: no queue is carried
//! over, and what is missing costs a penalty for each interval. Start-up, least time paid, and the fewest and most replicas are
//! those of the run. It says nothing of replicas that differ, or of a need that waits.
//!
//! Why no run beats it: it is the optimum ([`policies::scale::optimum`]). Where the ages of replicas have too many states for
//! that, the least time that one is paid for is taken to be as short as keeps ages out of it, which only allows more.

use policies::scale::optimum::{Pool, optimum};

use super::bound::Bound;
use super::problem::Unbounded;

/// For tables.
pub const PROVISIONING: &str = "clairvoyant provisioning";
/// For tables, where the least time paid is shorter than that of the run.
pub const PROVISIONING_FREELY: &str = "clairvoyant provisioning, given back at will";

/// The least cost of replicas and penalties under this need.
///
/// # Errors
/// Costs do not fit.
pub fn provisioning(need: &[u32], pool: &Pool) -> Result<Bound, Unbounded> {
    let freely = Pool {
        minimum: pool.minimum.min(pool.start.saturating_add(1)),
        ..*pool
    };
    let exact = optimum(need, pool).map(|optimum| (optimum, PROVISIONING));
    let found = exact.or_else(|| Some((optimum(need, &freely)?, PROVISIONING_FREELY)));
    let (optimum, by) = found.ok_or(Unbounded::TooLarge)?;
    Ok(Bound {
        value: optimum.cost.into(),
        by,
    })
}

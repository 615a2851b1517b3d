//! Critical path: no run ends before the job that ends last when each has all GPUs for itself.
//!
//! Assumes that a gang is whole or stands still, and that nothing makes a job faster than it is alone on its fastest model.
//! Holds with interruptions, restarts, slowdown and any sharing of nodes, all of which only delay.
//!
//! Why no run beats it: at any instant a job progresses at most at the speed of the fastest model that has GPUs enough for its
//! gang then. Taking that speed at every instant from its release on, whoever else wants the GPUs, ends no later than any run.

use super::bound::{Quantity, Relaxation};
use super::problem::{Feature, Job, Problem, Unbounded};
use super::steps::{LAST, Steps};

/// For tables.
pub const CRITICAL_PATH: Relaxation = Relaxation {
    name: "critical path",
    of: Quantity::Makespan,
    unless: &[Feature::Elastic, Feature::Goodput],
    value,
};

#[expect(clippy::unnecessary_wraps, reason = "a line of the table")]
fn value(problem: &Problem) -> Result<u128, Unbounded> {
    let last = problem.ends().iter().copied().max();
    Ok(last.unwrap_or(0).into())
}

/// All of a job, in the unit that its progress is counted in.
const WHOLE: u128 = 1 << 100;

/// When a job ends at the earliest if it has all GPUs for itself; `None` where it never does. `cuts` are the instants at which
/// any capacity changes.
pub(super) fn earliest_end(job: &Job, capacity: &[Steps], cuts: &[u64]) -> Option<u64> {
    let mut left = WHOLE;
    let mut from = job.release;
    let after = cuts.partition_point(|cut| *cut <= from);
    let ends = cuts[after..].iter().copied().chain([LAST]);
    for until in ends {
        let fits =
            |(span, gpus): (&Option<u64>, &Steps)| span.filter(|_| gpus.at(from) >= job.width);
        let here = job.spans.iter().zip(capacity).filter_map(fits).min();
        if here == Some(0) {
            return Some(from);
        }
        if let Some(span) = here {
            let rate = WHOLE.div_ceil(span.into());
            let length = span.min(until.saturating_sub(from));
            let done = rate * u128::from(length);
            if done >= left {
                // Rates are rounded up and runs end at whole microseconds, so this is no later than the truth.
                let length = u64::try_from(left.div_ceil(rate)).expect("no longer than its span");
                return Some((from + length).min(LAST));
            }
            left -= done;
        }
        from = until;
    }
    let never = job
        .spans
        .iter()
        .zip(capacity)
        .all(|(span, gpus)| span.is_none() || gpus.at(LAST) < job.width);
    (!never).then_some(LAST)
}

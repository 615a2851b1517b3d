//! Metrics of how far a run is from the best; none where no bound holds. The table `bounds` says which relaxation, or why none.

use super::bounded::Said;
use super::measured::{Run, makespan, mean};
use super::metrics::Better::{Less, Neither};
use super::metrics::{Metric, metric};
use super::number::ratio;

/// In the order of the tables.
pub(super) const OF_BOUNDS: &[Metric] = &[
    metric(
        "lower_bound_cost_usd",
        "USD",
        Neither,
        "no run that completes the same jobs by the same deadlines under the same rules of starting up and billing costs less, whatever it knows beforehand; none where no relaxation holds, and the table `bounds` says why",
        |run| told(run.watched.bounded.cost),
    ),
    metric(
        "gap_to_bound",
        "",
        Less,
        "(cost - its lower bound) / cost: no more of it can be saved",
        |run| gap(Some(run.cost(None)), run.watched.bounded.cost),
    ),
    metric(
        "lower_bound_jct_mean_s",
        "s",
        Neither,
        "no run that completes the same jobs has a lesser mean time from submission to completion, whatever it knows beforehand",
        |run| told(run.watched.bounded.jct),
    ),
    metric(
        "gap_to_bound_jct",
        "",
        Less,
        "(mean JCT - its lower bound) / mean JCT",
        |run| gap(mean(&run.jct), run.watched.bounded.jct),
    ),
    metric(
        "lower_bound_makespan_s",
        "s",
        Neither,
        "no run that completes the same jobs takes less from the first submission to the end of the last job; where all jobs were completed",
        |run| told(run.watched.bounded.makespan),
    ),
    metric(
        "gap_to_bound_makespan",
        "",
        Less,
        "(makespan - its lower bound) / makespan",
        |run: &Run<'_>| gap(makespan(run), run.watched.bounded.makespan),
    ),
];

fn told(said: Said) -> Option<f64> {
    said.ok().map(|limit| limit.value)
}

/// What part of a value is beyond its bound; roundings of a mean are no part of it.
fn gap(value: Option<f64>, said: Said) -> Option<f64> {
    let (value, bound) = (value?, told(said)?);
    ratio((value - bound).max(0.0), value)
}

//! Own time: a job takes at least as long as it does when it has all GPUs for itself.
//!
//! Assumptions, and why no run beats it: those of the critical path ([`super::critical`]), for each job and summed.

use super::bound::{Quantity, Relaxation};
use super::problem::{Feature, Problem, Unbounded};

/// For tables.
pub const OWN_TIME: Relaxation = Relaxation {
    name: "own time",
    of: Quantity::FlowTime,
    unless: &[Feature::Elastic, Feature::Goodput],
    value,
};

#[expect(clippy::unnecessary_wraps, reason = "a line of the table")]
fn value(problem: &Problem) -> Result<u128, Unbounded> {
    let jobs = problem.jobs().iter().zip(problem.ends());
    Ok(jobs.map(|(job, end)| u128::from(end - job.release)).sum())
}

//! How far a run is from the best: what no run that completes the same jobs by the same deadlines, under the same rules of
//! starting up and billing, is below, whatever it knows beforehand ([`crate::bounds`]).

use std::fmt;

use sim_core::model::Job;
use sim_core::units::convert;
use sim_core::watch::{Outcome, Record, Row};

use super::judged::Window;
use super::needs::Needs;
use super::number::{real, real_u128};
use crate::bounds::world::{Done, nanousd, problem};
use crate::bounds::{Bound, Problem, Quantity, Unbounded, best};
use crate::build::Jobs;

/// What a run is not below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounded {
    /// Dollars of the bill.
    pub cost: Said,
    /// Seconds of the mean time from submission to completion, of jobs that count.
    pub jct: Said,
    /// Seconds from the first submission to the end of the last job.
    pub makespan: Said,
}

/// A bound, or why there is none.
pub type Said = Result<Limit, Unknown>;

/// A bound in the unit of its metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// How much.
    pub value: f64,
    /// The name of the relaxation.
    pub by: &'static str,
}

/// Why there is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The scenario does not ask for any.
    Unasked,
    /// No job was completed that counts.
    NothingDone,
    /// The run did not complete all of its jobs, so that its end is not theirs.
    JobsLeft,
    /// All of it may have been free of charge.
    Nothing,
    /// No relaxation holds.
    Unbounded(Unbounded),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unasked => f.write_str("the scenario does not ask for bounds"),
            Self::NothingDone => f.write_str("no job was completed"),
            Self::Nothing => f.write_str("what was done may be had for nothing"),
            Self::JobsLeft => f.write_str("jobs were left undone"),
            Self::Unbounded(why) => why.fmt(f),
        }
    }
}

impl From<Unbounded> for Unknown {
    fn from(why: Unbounded) -> Self {
        Self::Unbounded(why)
    }
}

impl Bounded {
    /// Of a run that nobody asks it of.
    pub(super) const UNASKED: Self = Self {
        cost: Err(Unknown::Unasked),
        jct: Err(Unknown::Unasked),
        makespan: Err(Unknown::Unasked),
    };

    /// Of a run of these jobs, with what requests took of its replicas if there are any.
    pub(super) fn of(
        jobs: &Jobs,
        record: &Record,
        (window, needs): (Window, Option<&Needs>),
    ) -> Self {
        let both = jobs.jobs().iter().zip(&record.rows);
        let done = both.filter(|(_, row)| row.outcome == Outcome::Completed);
        let done: Vec<(&Job, &Row)> = done.collect();
        let counted = done.iter().copied();
        let counted = counted.filter(|(_, row)| window.counts(row, record.end));
        let counted: Vec<(&Job, &Row)> = counted.collect();
        let problem = |done: &[(&Job, &Row)]| {
            if done.is_empty() {
                return Err(Unknown::NothingDone);
            }
            let done = done.iter().map(|(job, row)| Done {
                job,
                in_time: row.finish.get() <= row.deadline.get(),
            });
            Ok(problem(jobs.world(), done, window.warmup)?)
        };
        let all = problem(&done);
        let some = (counted.len() < done.len()).then(|| problem(&counted));
        let count = real(convert::wide(counted.len()));
        let makespan = || {
            if done.len() < record.rows.len() {
                return Err(Unknown::JobsLeft);
            }
            let bound = bound(&all, Quantity::Makespan)?;
            let first = u128::from(record.rows[0].submit.us());
            Ok(bound.limit(real_u128(bound.value.saturating_sub(first)) / 1e6))
        };
        Self {
            cost: cost(&all, needs),
            jct: bound(some.as_ref().unwrap_or(&all), Quantity::FlowTime)
                .map(|bound| bound.limit(real_u128(bound.value) / 1e6 / count)),
            makespan: makespan(),
        }
    }
}

/// What jobs cost, and replicas, at the least.
fn cost(problem: &Result<Problem, Unknown>, needs: Option<&Needs>) -> Said {
    let jobs = bound(problem, Quantity::Cost);
    let replicas = needs.map(Needs::bound);
    let both = match (jobs, replicas) {
        (jobs, None) => jobs?,
        (Err(Unknown::NothingDone), Some(replicas)) => replicas?,
        (Ok(one), Some(Err(_))) | (Err(_), Some(Ok(one))) => one,
        (Err(why), Some(Err(_))) => return Err(why),
        (Ok(jobs), Some(Ok(replicas))) => {
            // What is paid for in any case may serve both.
            let apart = problem
                .as_ref()
                .is_ok_and(|problem| problem.floors().is_empty());
            if apart {
                Bound {
                    value: jobs.value.saturating_add(replicas.value),
                    by: "jobs and replicas apart",
                }
            } else if jobs.value < replicas.value {
                replicas
            } else {
                jobs
            }
        }
    };
    let nanousd = nanousd(both.value);
    if nanousd == 0 {
        return Err(Unknown::Nothing);
    }
    Ok(both.limit(real_u128(nanousd) / 1e9))
}

fn bound(problem: &Result<Problem, Unknown>, of: Quantity) -> Result<Bound, Unknown> {
    Ok(best(problem.as_ref().map_err(|why| *why)?, of)?)
}

impl Bound {
    /// The same in the unit of its metric.
    fn limit(self, value: f64) -> Limit {
        Limit { value, by: self.by }
    }
}

//! How far a run is from the best: what no run that completes the same jobs by the same deadlines, under the same rules of
//! starting up and billing, is below, whatever it knows beforehand ([`crate::bounds`]).

use std::cell::LazyCell;
use std::fmt;

use sim_core::units::convert;
use sim_core::watch::{Outcome, Record, Row};

use super::judged::Window;
use super::needs::Needs;
use super::number::{real, real_u128};
use crate::bounds::memo::Asked;
use crate::bounds::world::{Done, nanousd, problem};
use crate::bounds::{Bound, Quantity, Unbounded, best};
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
        let completed = |row: &Row| row.outcome == Outcome::Completed;
        let in_time = |row: &Row| row.finish.get() <= row.deadline.get();
        let problem = |counts: &dyn Fn(&Row) -> bool| {
            let both = jobs.jobs().iter().zip(&record.rows);
            let done = both.filter(|(_, row)| completed(row) && counts(row));
            let done = done.map(|(job, row)| Done {
                job,
                in_time: in_time(row),
            });
            problem(jobs.world(), done, window.warmup)
        };
        let counts = |row: &Row| window.counts(row, record.end);
        let all = LazyCell::new(|| problem(&|_| true));
        let bound = |of: Quantity, class: &dyn Fn(&Row) -> u8, problem: &Asker<'_>| {
            let classes = record.rows.iter();
            let classes = classes.map(|row| if completed(row) { class(row) } else { 0 });
            let jobs_asked: Vec<u8> = classes.collect();
            if jobs_asked.iter().all(|class| *class == 0) {
                return Err(Unknown::NothingDone);
            }
            let asked = Asked {
                of,
                jobs: jobs_asked,
            };
            let said = jobs.bounds().bound(asked, || problem(of));
            said.map_err(Unknown::Unbounded)
        };
        let of_all = |of: Quantity| best(all.as_ref().map_err(|why| *why)?, of);
        let cost = bound(Quantity::Cost, &|row| 1 + u8::from(in_time(row)), &of_all);
        let floors = || {
            all.as_ref()
                .is_ok_and(|problem| !problem.floors().is_empty())
        };
        let jct = bound(Quantity::FlowTime, &|row| u8::from(counts(row)), &|of| {
            if record.rows.iter().all(|row| counts(row) || !completed(row)) {
                of_all(of)
            } else {
                best(&problem(&counts)?, of)
            }
        });
        let count = record
            .rows
            .iter()
            .filter(|row| completed(row) && counts(row));
        let count = real(convert::wide(count.count()));
        let makespan = || {
            if !record.rows.iter().all(completed) {
                return Err(Unknown::JobsLeft);
            }
            let bound = bound(Quantity::Makespan, &|_| 1, &of_all)?;
            let first = u128::from(record.rows[0].submit.us());
            Ok(bound.limit(real_u128(bound.value.saturating_sub(first)) / 1e6))
        };
        Self {
            cost: together(cost, needs.map(Needs::bound), floors),
            jct: jct.map(|bound| bound.limit(real_u128(bound.value) / 1e6 / count)),
            makespan: makespan(),
        }
    }
}

/// Answers for a quantity.
type Asker<'a> = dyn Fn(Quantity) -> Result<Bound, Unbounded> + 'a;

/// What jobs cost, and replicas, at the least; floors that are paid for in any case may serve both.
fn together(
    jobs: Result<Bound, Unknown>,
    replicas: Option<Result<Bound, Unknown>>,
    floors: impl FnOnce() -> bool,
) -> Said {
    let both = match (jobs, replicas) {
        (jobs, None) => jobs?,
        (Err(Unknown::NothingDone), Some(replicas)) => replicas?,
        (Ok(one), Some(Err(_))) | (Err(_), Some(Ok(one))) => one,
        (Err(why), Some(Err(_))) => return Err(why),
        (Ok(jobs), Some(Ok(replicas))) if floors() => {
            if jobs.value < replicas.value {
                replicas
            } else {
                jobs
            }
        }
        (Ok(jobs), Some(Ok(replicas))) => Bound {
            value: jobs.value.saturating_add(replicas.value),
            by: "jobs and replicas apart",
        },
    };
    let nanousd = nanousd(both.value);
    if nanousd == 0 {
        return Err(Unknown::Nothing);
    }
    Ok(both.limit(real_u128(nanousd) / 1e9))
}

impl Bound {
    /// The same in the unit of its metric.
    fn limit(self, value: f64) -> Limit {
        Limit { value, by: self.by }
    }
}

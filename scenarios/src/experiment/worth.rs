//! What finished jobs are worth, where their workloads say so, and what came back of what they cost.

use sim_core::books::Exact;
use sim_core::course::{CourseKind, CourseModel};
use sim_core::model::{GPU_PARTS, Job};
use sim_core::units::{Money, SimTime, convert};
use sim_core::watch::{Outcome, Row};

use crate::build::{Experiment, Jobs};
use crate::schema::Worth;

/// What the jobs of a replication are worth once they are finished.
#[derive(Clone, Debug)]
pub(super) struct Worths {
    /// In the order of the workload; none for a job whose workload does not say.
    by_job: Vec<Option<Money>>,
    /// Whether every workload says.
    pub(super) is_whole: bool,
}

impl Worths {
    /// None where no workload says.
    pub(super) fn of(experiment: &Experiment, jobs: &Jobs) -> Option<Self> {
        let workloads = &experiment.loaded.scenario.workloads;
        if workloads.iter().all(|workload| workload.value.is_none()) {
            return None;
        }
        let worth = |job: &Job| {
            let class = &experiment.world.classes[job.class.index()];
            let worth = workloads[job.class.index()].value?;
            Some(worth_of(worth, job, &class.course))
        };
        Some(Self {
            by_job: jobs.jobs().iter().map(worth).collect(),
            is_whole: workloads.iter().all(|workload| workload.value.is_some()),
        })
    }

    /// What the job at a place of the workload brought in; none if nobody said what it is worth, nothing if it did not finish.
    pub(super) fn earned(&self, at: usize, row: &Row) -> Option<Money> {
        let worth = self.by_job[at]?;
        Some(match row.outcome {
            Outcome::Completed => worth,
            Outcome::Rejected | Outcome::Unfinished | Outcome::Retired => Money::ZERO,
        })
    }

    /// What the jobs brought in that finished at `from` or later: the counterpart of what was paid since.
    pub(super) fn earned_since(&self, rows: &[Row], from: SimTime) -> Money {
        let late = |row: &Row| row.finish.get().is_some_and(|finish| finish >= from);
        let rows = rows.iter().enumerate().filter(|(_, row)| late(row));
        rows.filter_map(|(at, row)| self.earned(at, row)).sum()
    }
}

fn worth_of(worth: Worth, job: &Job, course: &CourseModel) -> Money {
    match worth {
        Worth::Job(amount) => amount,
        Worth::GpuHour(price) => {
            // Parts of GPUs x microseconds x nano-dollars an hour.
            let mut sum = Exact::over(i128::from(GPU_PARTS) * 3_600_000_000);
            let gpus = u128::from(job.gang.gpu_parts());
            // Refused when it is read where that is not known.
            let work_us = work_us(job, course).unwrap_or(0);
            sum.add_product(gpus * work_us, price.nanousd_h().into());
            sum.settle()
        }
    }
}

/// Microseconds that the work of a job takes at speed one; none where that is not known before.
pub(super) fn work_us(job: &Job, course: &CourseModel) -> Option<u128> {
    Some(match (&course.kind, &course.rates.table) {
        (CourseKind::Goodput(_), _) => return None,
        (CourseKind::Linear, _) => u128::from(job.work),
        (CourseKind::Stepwise(_), Some(table)) => {
            let size = table.size(job.kind, job.gang.gpus());
            let steps_s = size.map_or(1.0, |size| size.reference_s);
            convert::floor(convert::real(job.work) * 1e6 / steps_s + 0.5).into()
        }
        (CourseKind::Stepwise(step), None) => u128::from(job.work) * u128::from(step.us()),
    })
}

/// What came back of what was paid, over it, in billionths: (worth - cost) / cost. None of what cost nothing.
pub(super) fn roi(worth: Money, cost: Money) -> Option<i128> {
    let gained = (worth - cost).nanousd();
    let quotient = |cost| Money::round_half_even(gained * 1_000_000_000, cost).nanousd();
    (cost > Money::ZERO).then(|| quotient(cost.nanousd()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_is_what_was_gained_over_what_was_paid() {
        let usd = |usd: i128| Money::from_nanousd(usd * 1_000_000_000);
        assert_eq!(roi(usd(12), usd(8)), Some(500_000_000));
        assert_eq!(roi(usd(0), usd(8)), Some(-1_000_000_000));
        assert_eq!(roi(usd(4), usd(3)), Some(333_333_333));
        assert_eq!(roi(usd(4), usd(0)), None);
    }
}

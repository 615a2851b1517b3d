//! Rows: what is kept of each job when it has ended.

use super::fact::Outcome;
use crate::model::Job;
use crate::units::{ClassId, JobId, Moment, QueueId, SimTime, Span, convert, limits};

/// A job, from its submission to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// When it was submitted.
    pub submit: SimTime,
    /// When it was first started.
    pub start: Moment,
    /// When it ended; none while it lives.
    pub finish: Moment,
    /// When it should have been done.
    pub deadline: Moment,
    /// Time on its nodes, restoring included.
    pub run: Span,
    /// Working time that was lost.
    pub lost: Span,
    /// Its share of what its nodes cost within the window: attributed, so that the shares of all jobs add up to the lines, or
    /// else each attempt rounded by itself.
    pub cost_nanousd: u64,
    /// Thousandths of a GPU.
    pub gpu_milli: u32,
    /// Times it was started.
    pub attempts: u16,
    /// Times the policy interrupted it.
    pub preemptions: u16,
    /// Times a lost node interrupted it.
    pub reclaims: u16,
    /// Times it left a node and went on at once on another.
    pub migrations: u16,
    /// Nodes of its last attempt.
    pub nodes: u16,
    /// Tenant.
    pub queue: QueueId,
    /// Workload, or service.
    pub class: ClassId,
    /// How it ended; meaningless while it lives.
    pub outcome: Outcome,
}

/// All jobs: those of the workload and replicas of services, each in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) jobs: Vec<Row>,
    pub(super) replicas: Vec<Row>,
}

impl Row {
    /// Whose it is: what bills are split by.
    pub fn group(&self) -> (QueueId, ClassId) {
        (self.queue, self.class)
    }

    /// A job that has just come.
    fn new(spec: &Job) -> Self {
        Self {
            submit: spec.arrival,
            start: Moment::NONE,
            finish: Moment::NONE,
            deadline: spec.deadline.into(),
            run: Span::ZERO,
            lost: Span::ZERO,
            cost_nanousd: 0,
            gpu_milli: u32::try_from(spec.gang.gpu_milli()).expect("a gang is bounded"),
            attempts: 0,
            preemptions: 0,
            reclaims: 0,
            migrations: 0,
            nodes: 0,
            queue: spec.queue,
            class: spec.class,
            outcome: Outcome::Unfinished,
        }
    }
}

impl Rows {
    /// A job has come, the next one of the workload or the next replica.
    pub(super) fn push(&mut self, job: JobId, spec: &Job) {
        let (rows, place) = match job.replica() {
            None => (&mut self.jobs, job.ordinal()),
            Some(replica) => (&mut self.replicas, replica),
        };
        assert!(
            convert::index(place) == rows.len(),
            "jobs arrive in the order of the workload"
        );
        if rows.len() == rows.capacity() {
            // By an eighth and not to the double: what lies idle counts towards what a finished job costs.
            rows.reserve_exact(rows.len() / 8 + 1024);
        }
        rows.push(Row::new(spec));
    }

    /// The job of this ordinal.
    pub(super) fn of(&self, ordinal: u32) -> &Row {
        at(&self.jobs, &self.replicas, ordinal)
    }

    /// The same, to be changed.
    pub(super) fn of_mut(&mut self, ordinal: u32) -> &mut Row {
        match ordinal.checked_sub(limits::FIRST_REPLICA) {
            None => &mut self.jobs[convert::index(ordinal)],
            Some(replica) => &mut self.replicas[convert::index(replica)],
        }
    }
}

/// The row of this ordinal among jobs and replicas.
pub(super) fn at<'a>(jobs: &'a [Row], replicas: &'a [Row], ordinal: u32) -> &'a Row {
    match ordinal.checked_sub(limits::FIRST_REPLICA) {
        None => &jobs[convert::index(ordinal)],
        Some(replica) => &replicas[convert::index(replica)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_job_costs_at_most_a_hundred_bytes() {
        assert!(size_of::<Row>() <= 100);
    }
}

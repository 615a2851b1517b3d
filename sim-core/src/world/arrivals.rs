//! Arrivals: a stream of jobs in order of arrival, read as it is consumed.

use std::sync::Arc;

use crate::model::Job;

/// A stream of jobs whose arrival never decreases; the place in the stream is the job's ordinal.
pub trait Arrivals {
    /// The next job, or `None` when there are no more.
    fn next(&mut self) -> Option<Job>;

    /// All jobs of the stream, past and to come, if they are known at once.
    fn cast(&self) -> &[Job] {
        &[]
    }

    /// An exact copy, position included.
    fn fork(&self) -> Box<dyn Arrivals + Send>;
}

/// Jobs held in memory and shared among the runs that replay them.
#[derive(Clone, Debug)]
pub struct Trace {
    jobs: Arc<[Job]>,
    at: usize,
}

impl Trace {
    /// The whole of `jobs`. Panics if they are not sorted by arrival.
    pub fn new(jobs: Arc<[Job]>) -> Self {
        assert!(
            jobs.is_sorted_by_key(|job| job.arrival),
            "a workload is sorted by arrival"
        );
        Self { jobs, at: 0 }
    }
}

impl Arrivals for Trace {
    fn next(&mut self) -> Option<Job> {
        let job = self.jobs.get(self.at)?.clone();
        self.at += 1;
        Some(job)
    }

    fn cast(&self) -> &[Job] {
        &self.jobs
    }

    fn fork(&self) -> Box<dyn Arrivals + Send> {
        Box::new(self.clone())
    }
}

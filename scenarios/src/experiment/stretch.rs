//! Finish-time fairness: what a job's time from submission to completion is of what it would be on its part of the fleet.
//!
//! The part is an equal one: the GPUs that are held on average, over the jobs that are there on average while it is (Themis,
//! NSDI 2020). A job that wants more than that would run in turns.

use sim_core::units::{SimTime, convert};
use sim_core::watch::Row;

use super::judged::jct;
use super::measured::{Run, count};
use super::number::{ratio, real_u128, secs};

/// By job that counts and finished, its time over what it would be.
pub(super) fn ratios(run: &Run<'_>) -> Vec<f64> {
    let crowd = Crowd::of(&run.record.rows, run.record.end);
    let held_us = run.record.end.since(run.window.warmup).us();
    let Some(gpus) = ratio(run.billed(), convert::real(held_us)).filter(|gpus| *gpus > 0.0) else {
        return Vec::new();
    };
    let of = |(at, row): (usize, &Row)| {
        let took = jct(row).filter(|_| run.window.counts(row, run.record.end))?;
        let jobs = crowd.mean(row.submit, row.finish.get()?)?;
        // Both in thousandths of GPUs.
        let turns = (f64::from(row.gpu_milli) * jobs / gpus).max(1.0);
        ratio(secs(took), real_u128(run.known.work_us(at)?) / 1e6 * turns)
    };
    run.record.rows.iter().enumerate().filter_map(of).collect()
}

/// The share of them that took longer.
pub(super) fn unfair(run: &Run<'_>) -> Option<f64> {
    let ratios = run.stretches.iter();
    let unfair = ratios.filter(|ratio| **ratio > 1.0).count();
    ratio(count(unfair)?, count(run.stretches.len())?)
}

/// How many jobs were there, over time.
struct Crowd {
    /// At each instant at which that changes: jobs from then on, and job-microseconds before.
    steps: Vec<(SimTime, u64, u128)>,
}

impl Crowd {
    fn of(rows: &[Row], end: SimTime) -> Self {
        let mut changes: Vec<(SimTime, bool)> = Vec::with_capacity(2 * rows.len());
        for row in rows {
            changes.push((row.submit, true));
            changes.push((row.finish.get().unwrap_or(end), false));
        }
        changes.sort_unstable();
        let mut steps: Vec<(SimTime, u64, u128)> = vec![(SimTime::ZERO, 0, 0)];
        for (at, comes) in changes {
            let (since, jobs, before) = *steps.last().expect("a first step");
            let sum = before + u128::from(jobs) * u128::from(at.since(since).us());
            // Of an instant those who go are counted first, who may not have been there yet.
            let jobs = if comes {
                jobs + 1
            } else {
                jobs.wrapping_sub(1)
            };
            steps.push((at, jobs, sum));
        }
        Self { steps }
    }

    /// Job-microseconds before an instant.
    fn until(&self, at: SimTime) -> u128 {
        let behind = self.steps.partition_point(|(step, _, _)| *step <= at);
        let (since, jobs, before) = self.steps[behind - 1];
        before + u128::from(jobs) * u128::from(at.since(since).us())
    }

    /// Jobs on average; none of an instant.
    fn mean(&self, from: SimTime, to: SimTime) -> Option<f64> {
        let span = convert::real(to.since(from).us());
        ratio(real_u128(self.until(to) - self.until(from)), span)
    }
}

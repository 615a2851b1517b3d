//! Estimates: what a policy is told a job will take, where the trace does not say or says too much.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use sim_core::units::{SimTime, Span, convert};
use sim_core::world::draw::{quantile, span};

use crate::record::{Positive, Workload};
use crate::synth::{Luck, ParameterError, positive};

/// Where estimates come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Estimate {
    /// The trace's own; none where it has none.
    Given,
    /// The true duration: peeking.
    Exact,
    /// The true duration times a factor: peeking with a margin.
    Factor(f64),
    /// The true duration times a lognormal factor: a predictor of this quality.
    LognormalError {
        /// Median of the factor; 1 = as often above as below.
        median: f64,
        /// Deviation of its logarithm; 0 = exact up to the median.
        sigma: f64,
    },
    /// The mean of the last two jobs of the same user (Tsafrir, Etsion, Feitelson: "Backfilling
    /// using system-generated predictions rather than user runtime estimates", TPDS 2007).
    ///
    /// Known durations are those of jobs that would have ended by now had they started when they
    /// were submitted: without a schedule nothing better can be said, and a duration is known too
    /// early by at most its job's wait. Before the first, and without a user, the trace's own.
    History,
}

/// The estimate of every job, in the order of the workload. The jobs stay as they are.
///
/// # Errors
/// A factor, median or deviation out of its domain.
pub fn estimates(
    workload: &Workload,
    model: Estimate,
    luck: Luck<'_>,
) -> Result<Vec<Option<Positive>>, ParameterError> {
    let jobs = workload.jobs.iter();
    let times = |factor: f64, duration: Span| {
        // A job of no time at all is estimated at the least there is.
        let least = Span::from_us(1).expect("short");
        Positive::new(span(convert::real(duration.us()) * factor).max(least))
    };
    Ok(match model {
        Estimate::Given => jobs.map(|job| job.estimate).collect(),
        Estimate::Exact => jobs.map(|job| times(1.0, job.duration)).collect(),
        Estimate::Factor(factor) => {
            let factor = positive("estimate.factor", factor)?;
            jobs.map(|job| times(factor, job.duration)).collect()
        }
        Estimate::LognormalError { median, sigma } => {
            let mu = libm::log(positive("estimate.median", median)?);
            if !sigma.is_finite() || sigma < 0.0 {
                let rule = "must not be negative";
                return Err(ParameterError::new("estimate.sigma", sigma, rule));
            }
            let mut stream = luck.stream("estimates");
            jobs.map(|job| {
                let factor = quantile::lognormal(stream.uniform(), mu, sigma);
                times(factor, job.duration)
            })
            .collect()
        }
        Estimate::History => history(workload),
    })
}

/// The last two durations that each user has seen, as time goes by.
fn history(workload: &Workload) -> Vec<Option<Positive>> {
    const WINDOW: usize = 2;
    let mut seen: BTreeMap<u32, VecDeque<Span>> = BTreeMap::new();
    let mut running: BinaryHeap<Reverse<(SimTime, usize)>> = BinaryHeap::new();
    let mut estimates = Vec::with_capacity(workload.jobs.len());
    for (position, job) in workload.jobs.iter().enumerate() {
        while let Some(&Reverse((end, ended))) = running.peek() {
            if end > job.submit {
                break;
            }
            running.pop();
            let past = &workload.jobs[ended];
            if let Some(user) = past.user {
                let last = seen.entry(user).or_default();
                last.push_back(past.duration);
                if last.len() > WINDOW {
                    last.pop_front();
                }
            }
        }
        let known = job.user.and_then(|user| seen.get(&user));
        let mean = known.and_then(|last| {
            let sum: u64 = last.iter().map(|span| span.us()).sum();
            Span::from_us(sum / convert::wide(last.len())).and_then(Positive::new)
        });
        estimates.push(mean.or(job.estimate));
        running.push(Reverse((job.submit.saturating_add(job.duration), position)));
    }
    estimates
}

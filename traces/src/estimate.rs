//! Estimates: what a policy is told a job will take, where the trace does not say or says too much.

use sim_core::units::{Span, convert};
use sim_core::world::draw::{quantile, span};

use crate::history;
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
    /// Before the first, and without a user, the trace's own.
    History,
    /// The exponentially weighted mean of jobs that are alike: of the same user and size, else of
    /// the user, else of the size, else of all; before the first has ended, the trace's own. The
    /// rolling part of QSSF's predictor (Hu et
    /// al., "Characterization and prediction of deep learning workloads", SC 2021), whose trees are
    /// not published.
    Similar {
        /// Weight of the latest job.
        weight: f64,
    },
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
        Estimate::History => history::last_two(workload),
        Estimate::Similar { weight } => {
            if !(weight > 0.0 && weight <= 1.0) {
                let rule = "must be above 0 and at most 1";
                return Err(ParameterError::new("estimate.weight", weight, rule));
            }
            history::similar(workload, weight)
        }
    })
}

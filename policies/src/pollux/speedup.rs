//! How many times faster than on its fair share a job is, by what it has reported.

use std::collections::BTreeMap;

use sim_core::course::goodput::{Fit, Seen};
use sim_core::engine::JobView;
use sim_core::units::JobId;

use crate::goodput::Outlook;

/// A job's fair share: whether it lies across nodes, and its GPUs.
pub(super) type Share = (bool, u32);

/// Of a job.
pub(super) enum Speedup<'a> {
    /// As many times faster as it has GPUs of its fair share: so it is hoped before a job's first step, and of those of fixed size.
    Even(f64),
    /// By its steps, beside its goodput on the fair share.
    Fitted(Outlook<'a>, Box<Fit>, f64),
}

/// What was made of jobs' steps, so that it is made of them once.
#[derive(Clone, Debug, Default)]
pub(super) struct Fits(BTreeMap<JobId, (Vec<Seen>, Fit)>);

impl Fits {
    /// Forgets those who are gone.
    pub(super) fn retain(&mut self, stays: impl Fn(JobId) -> bool) {
        self.0.retain(|job, _| stays(*job));
    }

    fn of(&mut self, job: JobId, steps: Vec<Seen>) -> Fit {
        if let Some((_, fit)) = self.0.get(&job).filter(|(known, _)| *known == steps) {
            return *fit;
        }
        let fit = Fit::new(&steps);
        self.0.insert(job, (steps, fit));
        fit
    }
}

/// The outlook of a job that adapts.
pub(super) fn outlook<'a>(job: &JobView<'a>) -> Option<Outlook<'a>> {
    let training = job.training().filter(|_| job.gang().is_elastic())?;
    Some(Outlook::new(training, job.report()?))
}

impl<'a> Speedup<'a> {
    /// Of a job with such an outlook, and such a fair share.
    pub(super) fn new(
        job: JobId,
        outlook: Option<Outlook<'a>>,
        (across, gpus): Share,
        fits: &mut Fits,
    ) -> Self {
        let even = Self::Even(f64::from(gpus.max(1)));
        let Some(outlook) = outlook else {
            return even;
        };
        let steps = outlook.steps();
        if steps.is_empty() {
            return even;
        }
        let fit = fits.of(job, steps);
        // A share that no batch feeds is as good as the largest that one does.
        let mut fed = (1..=gpus).rev();
        let base = fed.find_map(|gpus| outlook.goodput_anywhere(&fit, shape(across, gpus)));
        base.filter(|base| *base > 0.0)
            .map_or(even, |base| Self::Fitted(outlook, Box::new(fit), base))
    }

    /// Its speedup across nodes or on one, on so many GPUs.
    pub(super) fn of(&self, (across, gpus): (bool, u32)) -> f64 {
        match self {
            Self::Even(fair) => f64::from(gpus) / fair,
            Self::Fitted(outlook, fit, base) => {
                let goodput = outlook.goodput_anywhere(fit, shape(across, gpus));
                goodput.unwrap_or(0.0) / base
            }
        }
    }
}

/// A fit tells one node from several, and no more.
fn shape(across: bool, gpus: u32) -> (u32, u32) {
    let nodes = if across && gpus > 1 { 2 } else { 1 };
    (nodes, gpus)
}

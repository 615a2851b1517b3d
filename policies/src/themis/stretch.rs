//! Finish-time fairness: how long a job takes from its submission to its end, over what it would take on its part of the fleet.

use sim_core::engine::JobView;
use sim_core::units::{SimTime, convert};

/// How a job fares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Seconds from its submission to its end, if it runs from now on.
    pub shared_s: f64,
    /// Seconds that it would take if it always had its part of the fleet.
    pub alone_s: f64,
}

impl Stretch {
    /// How a job fares at `now` among `jobs` on so many thousandths of `gpus`; none of a job without an estimate.
    pub fn of(job: &JobView<'_>, now: SimTime, jobs: u32, gpus: u64) -> Option<Self> {
        let estimate = job.estimate()?;
        let seconds = |us: u64| convert::real(us) / 1e6;
        let left = estimate.saturating_sub(job.served());
        let shared = now.since(job.arrival()).us().saturating_add(left.us());
        // Its part is as large as everybody's; on less than it wants it runs in turns.
        let wants = convert::real(job.gang().gpu_milli()) * f64::from(jobs);
        let turns = (wants / convert::real(gpus.max(1))).max(1.0);
        Some(Self {
            shared_s: seconds(shared),
            alone_s: seconds(estimate.us().max(1)) * turns,
        })
    }

    /// Above one: it fares worse than alone on its part.
    pub fn ratio(&self) -> f64 {
        self.shared_s / self.alone_s
    }
}

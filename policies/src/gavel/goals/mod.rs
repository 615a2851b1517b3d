//! Goals: what share of the time each job should have on each GPU model.

mod allox;
mod by_program;
mod fifo;
mod fifo_random;
mod finish_time;
mod gandiva;
mod isolated;
mod makespan;
mod max_min;
mod replay;
mod room;
mod shockwave;
mod tenants;
mod throughput;
mod water_filling;

use sim_core::units::{JobId, QueueId};

pub use allox::Allox;
pub use fifo::Fifo;
pub use fifo_random::FifoRandom;
pub use finish_time::FinishTimeFairness;
pub use gandiva::Gandiva;
pub use isolated::Isolated;
pub use makespan::MinTotalDuration;
pub use max_min::MaxMinFairness;
pub use replay::{Block, Replay, Turn};
pub use shockwave::{Market, Shockwave};
pub use tenants::Within;
pub use throughput::{Heeds, MaxSumThroughput};
pub use water_filling::WaterFilling;

/// What a goal is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Seconds since the start.
    pub now_s: f64,
    /// The jobs, in the order in which they came.
    pub claimants: Vec<Claimant>,
    /// Pairs of claimants that may run on the same GPUs: rows of the program behind theirs.
    pub pairs: Vec<Couple>,
    /// GPUs, by model.
    pub gpus: Vec<f64>,
    /// Dollars an hour of a GPU, by model.
    pub usd_h: Vec<f64>,
    /// The model whose speeds the published goals take for those of all models where they do not look at speeds.
    pub alike_as: Option<usize>,
}

/// A job that wants time.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimant {
    /// The job.
    pub job: JobId,
    /// Its tenant's queue, and what that counts for.
    pub queue: QueueId,
    /// Positive.
    pub tenant: f64,
    /// GPUs that it runs on.
    pub gpus: f64,
    /// What it counts for, at least one.
    pub weight: f64,
    /// Steps a second, by model; zero where it does not run.
    pub speeds: Vec<f64>,
    /// Steps that it has to do in all, as far as that is known.
    pub steps: f64,
    /// Steps that it still has to do.
    pub steps_left: f64,
    /// Seconds since it was submitted.
    pub since_s: f64,
    /// Seconds until it should be done, if it should be by some time.
    pub until_s: Option<f64>,
}

/// Two jobs that may run on the same GPUs.
#[derive(Clone, Debug, PartialEq)]
pub struct Couple {
    /// Positions of the two among the claimants, the earlier first.
    pub of: [usize; 2],
    /// GPUs that either runs on.
    pub gpus: f64,
    /// Steps a second of each beside the other, by model; zero where they do not run so.
    pub speeds: Vec<[f64; 2]>,
}

/// A goal.
pub trait Goal {
    /// What tables call it.
    fn name(&self) -> &'static str;

    /// By claimant, and then by pair, the share of the time on each model, in [0, 1].
    fn shares(&mut self, ask: &Ask) -> Vec<Vec<f64>>;

    /// Whether whoever has no share gets nothing, even of what is left over.
    fn only_shares(&self) -> bool {
        false
    }

    /// Whether models are given away in random order: nobody's speed counts, so none shall be the better one.
    fn shuffles(&self) -> bool {
        false
    }

    /// Seconds for which shares hold though nothing happens; none: for ever.
    fn lasts_s(&self) -> Option<f64> {
        None
    }

    /// Whether it lets pairs of jobs share their GPUs.
    fn packs(&self) -> bool {
        false
    }

    /// An exact copy.
    fn fork(&self) -> Box<dyn Goal + Send>;
}

/// The same jobs as if every model that they run on were as good as their fastest, for goals that do not look at speeds. As
/// published, as if every model were as good as the one that the authors had in mind.
fn alike(ask: &Ask) -> Ask {
    let mut ask = ask.clone();
    for claimant in &mut ask.claimants {
        if let Some(model) = ask.alike_as {
            let speed = claimant.speeds[model];
            claimant.speeds.fill(speed);
            continue;
        }
        let fastest = claimant.speeds.iter().copied().fold(0.0, f64::max);
        let runs = claimant.speeds.iter_mut().filter(|speed| **speed > 0.0);
        runs.for_each(|speed| *speed = fastest);
    }
    ask
}

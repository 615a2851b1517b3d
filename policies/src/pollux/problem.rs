//! The question of a round: nodes, jobs, and what the mean of their speedups is made of.

use sim_core::units::ModelId;

/// GPUs on nodes, by position of the node, ascending. None: the job waits.
pub(super) type Spot = Vec<(usize, u32)>;

/// What is added to each speedup, so that the mean tells answers apart in which someone waits.
const LEAST: f64 = 1e-3;

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Site {
    /// Its GPU model.
    pub(super) model: ModelId,
    /// GPUs, those that the jobs hold included.
    pub(super) gpus: u32,
    /// Whether jobs may be started on it; if not, those that are there may stay.
    pub(super) open: bool,
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Seeker {
    /// How many GPUs it may have, ascending.
    pub(super) sizes: Vec<u32>,
    /// GPUs that lie on a node together.
    pub(super) each: u32,
    /// GPU models that it may have, in the order in which it tries them.
    pub(super) models: Vec<ModelId>,
    /// What it has.
    pub(super) now: Spot,
    /// The part of its speedup that a change leaves it.
    pub(super) stays: f64,
    /// Whether it has to stay where it is.
    pub(super) pinned: bool,
    /// Jobs of one kind are as fast as each other.
    pub(super) kind: usize,
}

/// What is asked.
pub(super) struct Problem<'a> {
    pub(super) sites: Vec<Site>,
    pub(super) seekers: Vec<Seeker>,
    /// Speedup of a job, by position, across nodes or on one, on so many GPUs.
    pub(super) speedup: &'a dyn Fn(usize, (bool, u32)) -> f64,
    /// Power of the mean: the lower, the fairer.
    pub(super) power: f64,
    /// Whether at most one of the jobs that lie across nodes may lie on each.
    pub(super) alone: bool,
}

impl Problem<'_> {
    /// What a speedup adds to a sum that grows with the mean.
    pub(super) fn worth(&self, speedup: f64) -> f64 {
        let speedup = speedup + LEAST;
        if self.power.abs() < 1e-9 {
            libm::log(speedup)
        } else {
            libm::pow(speedup, self.power) / self.power
        }
    }
}

/// GPUs of a spot.
pub(super) fn gpus(spot: &Spot) -> u32 {
    spot.iter().map(|(_, gpus)| *gpus).sum()
}

//! A pipeline: an application too large for a GPU lies on several in stages, through which micro-batches of one sample pass.
//!
//! So many GPUs hold a replica. The first micro-batch fills the stages, the others follow one stage behind another, each forward
//! in the time of a step and back in twice that: with `P` stages and `M` micro-batches `3 (P - 1 + M)` steps. More GPUs are
//! more replicas, and GPUs that make up no whole one have nothing to do. The batch is never tuned. Source, the number of
//! micro-batches included: the artifact of Sia (`gpt_pmp`), which takes no time to synchronise replicas, and neither does this.

use super::application::{Application, Machine};
use super::batch::Batch;

/// Micro-batches of a replica in an iteration, and samples, for each is of one.
pub const MICRO_BATCHES: u32 = 48;

/// Times of a step that a micro-batch takes in a stage: forward one, and back two.
const PASSES: f64 = 3.0;

/// What each replica does in an iteration.
pub(super) const BATCH: Batch = Batch {
    local: 1,
    accumulated: MICRO_BATCHES - 1,
};

/// Seconds of an iteration in so many stages, each of which takes a micro-batch in `step_s`.
pub(super) fn iteration_s(stages: u32, step_s: f64) -> f64 {
    PASSES * f64::from(stages - 1 + MICRO_BATCHES) * step_s
}

impl Machine {
    /// Samples a second by GPU of one replica of a pipeline; none where a GPU holds all.
    pub fn in_a_replica(&self) -> Option<f64> {
        let stages = self.stages()?;
        let (step_s, _) = self.step_s(&[stages], BATCH.local);
        let samples_s = f64::from(MICRO_BATCHES) / iteration_s(stages, step_s);
        Some(samples_s / f64::from(stages))
    }
}

impl Application {
    /// Replicas on so many GPUs of a machine: as many as they hold, where they lie in stages no more than the largest batch
    /// feeds.
    pub fn replicas(&self, machine: &Machine, gpus: u32) -> u32 {
        match machine.stages() {
            None => gpus,
            Some(stages) => (gpus / stages).min(self.batches.1 / MICRO_BATCHES),
        }
    }

    /// Fewest GPUs that it runs on, of all machines.
    pub fn least_gpus(&self) -> u32 {
        let machines = self.machines.iter();
        let least = machines.map(|(_, machine)| machine.least_gpus());
        least.min().unwrap_or(1)
    }
}

//! The round under way: who runs in it, on which GPUs, until when.

use super::pairs::Unit;
use sim_core::engine::View;
use sim_core::units::{JobId, NodeId, SimTime};

/// The GPUs of a job, by node and number.
pub(super) type Gpus = Vec<(NodeId, u32)>;

/// A round.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Round {
    pub(super) start: SimTime,
    /// When it is over at the latest.
    pub(super) due: SimTime,
    pub(super) parts: Vec<Part>,
}

/// A job in a round.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) job: JobId,
    /// Position of the GPU model.
    pub(super) model: usize,
    pub(super) gpus: Gpus,
    /// Whom it shares them with.
    pub(super) mate: Option<JobId>,
    /// When it was done, or lost its machine.
    pub(super) ended: Option<SimTime>,
    /// As the published simulator counts; nothing otherwise.
    pub(super) task: Option<Task>,
}

/// What the published simulator knows of a job in a round as it begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Task {
    /// When the round began, on its clock.
    pub(super) start: f64,
    pub(super) steps: u64,
    /// When it will be through, on its clock.
    pub(super) finish: f64,
    /// A GPU would have no step to do: the original lets it run, counts nothing, and tries again.
    pub(super) fails: bool,
}

impl Part {
    /// Itself, or the pair that it is in.
    pub(super) fn unit(&self) -> Unit {
        match self.mate {
            Some(mate) => (self.job.min(mate), Some(self.job.max(mate))),
            None => (self.job, None),
        }
    }
}

impl Round {
    /// The part of whoever shares its GPUs.
    pub(super) fn mate(&self, part: &Part) -> Option<&Part> {
        let mut parts = self.parts.iter();
        parts.find(|other| Some(other.job) == part.mate)
    }

    /// Whether nothing of it is left to wait for.
    /// Where pairs are `published` it goes on to its end whatever comes: the original knows no sooner.
    pub(super) fn is_over(&self, now: SimTime, published: bool) -> bool {
        let ended = self.parts.iter().all(|part| part.ended.is_some());
        now >= self.due || (ended && !published)
    }

    /// A job has ended, or waits again without the policy's doing.
    pub(super) fn note(&mut self, job: JobId, view: &View<'_>) {
        let runs = view.job(job).is_some_and(|job| job.is_running());
        let part = self.parts.iter_mut().find(|part| part.job == job);
        if let Some(part) = part.filter(|part| part.ended.is_none() && !runs) {
            part.ended = Some(view.now());
        }
    }
}

/// Whether nobody is there, and nobody will be.
pub(super) fn is_last(view: &View<'_>) -> bool {
    let there = view.pending().next().is_some() || view.running().next().is_some();
    let leave = view.arrivals();
    !there && !leave.is_some_and(|leave| view.more_arrivals(leave))
}

//! What a run leaves for comparison with the published simulator's: its own accounts, by its own clock.

use sim_core::units::{JobId, ModelId, NodeId};

use super::policy::Gavel;

/// Everything that the policy did, in seconds of its own clock; kept only where somebody asks for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    /// GPU models, as the shares are ordered.
    pub models: Vec<ModelId>,
    /// When jobs were taken in, which is at the end of a round.
    pub admitted: Vec<Admitted>,
    /// Shares, each time that they were computed.
    pub solved: Vec<Solved>,
    /// What ran in each round, as it ended.
    pub tasks: Vec<Task>,
    /// Jobs that were in a round and still there at the next.
    pub lease_opportunities: u64,
    /// Those that ran on the same GPUs again.
    pub lease_extensions: u64,
    /// Where the clock stood last.
    pub end_s: f64,
}

/// A job was taken in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Admitted {
    /// The job.
    pub job: JobId,
    /// When.
    pub at_s: f64,
}

/// Shares were computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Solved {
    /// When.
    pub at_s: f64,
    /// By job and model.
    pub shares: Vec<(JobId, Vec<f64>)>,
}

/// A job ran in a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The job.
    pub job: JobId,
    /// Position of the GPU model.
    pub model: usize,
    /// On which GPUs.
    pub gpus: Vec<(NodeId, u32)>,
    /// When the round began.
    pub start_s: f64,
    /// When it was through.
    pub finish_s: f64,
    /// Steps done; they count unless it failed.
    pub steps: u64,
    /// The time that it was charged for.
    pub charged_s: f64,
    /// Whom it shared its GPUs with.
    pub beside: Option<JobId>,
    /// Whether nothing of it counted.
    pub failed: bool,
    /// Whether the job was done then.
    pub done: bool,
    /// Whether it was given up then.
    pub dropped: bool,
}

impl Gavel {
    /// Keeps a journal from here on.
    pub fn keep_journal(&mut self) {
        self.journal = Some(Journal::default());
    }

    /// What was kept.
    pub fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref()
    }
}

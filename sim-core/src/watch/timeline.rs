//! Samples over time: the state of things at the multiples of a period.

use crate::model::GPU_PARTS;
use crate::units::{SimTime, Span};

/// GPU time of an offering, in GPU-microseconds x 1000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuUse {
    /// Of machines held.
    pub billed: u128,
    /// That jobs held.
    pub used: u128,
}

/// GPU time by what became of it, in GPU-microseconds x 1000, within the window that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuTime {
    /// Work that was kept.
    pub kept: u128,
    /// Work that was lost.
    pub lost: u128,
    /// Setting up.
    pub restoring: u128,
    /// Writing checkpoints.
    pub dumping: u128,
    /// Waiting for data.
    pub stalled: u128,
    /// Replicas that had nothing to do.
    pub idle: u128,
}

impl GpuTime {
    /// What was summed in parts of GPUs, in thousandths; rounded down.
    pub(super) fn milli(self) -> Self {
        let milli = |parts: u128| parts * 1000 / u128::from(GPU_PARTS);
        Self {
            kept: milli(self.kept),
            lost: milli(self.lost),
            restoring: milli(self.restoring),
            dumping: milli(self.dumping),
            stalled: milli(self.stalled),
            idle: milli(self.idle),
        }
    }
}

/// The state of things at an instant, after all that happened at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When.
    pub at: SimTime,
    /// Machines held.
    pub nodes: u64,
    /// Thousandths of GPUs held.
    pub gpu_milli: u64,
    /// Thousandths of GPUs that jobs hold.
    pub used_milli: u64,
    /// Jobs that wait.
    pub waiting: u32,
    /// Thousandths of GPUs they wait for.
    pub waiting_milli: u64,
    /// Replicas of services on their nodes.
    pub replicas: u32,
}

/// Takes samples.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    period: Span,
    next: SimTime,
    samples: Vec<Sample>,
}

impl Sampler {
    /// A sample every `period`, from time zero on.
    pub(super) fn new(period: Span) -> Self {
        Self {
            period,
            next: SimTime::ZERO,
            samples: Vec::new(),
        }
    }

    /// Whether a sample is due before `now`.
    pub(super) fn is_due(&self, now: SimTime) -> bool {
        self.next < now
    }

    /// Takes all samples that are due before `now`: since the last fact things have stood like this.
    pub(super) fn take(&mut self, now: SimTime, state: Sample) {
        while self.next < now {
            self.samples.push(Sample {
                at: self.next,
                ..state
            });
            self.next = self.next.saturating_add(self.period);
        }
    }

    /// All samples up to `end`, that instant included.
    pub(super) fn finish(mut self, end: SimTime, state: Sample) -> Vec<Sample> {
        self.take(end, state);
        if self.next == end {
            self.samples.push(Sample { at: end, ..state });
        }
        self.samples
    }
}

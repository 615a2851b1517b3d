//! A job: the immutable specification of a piece of work, and what the jobs of one workload share.

use super::demand::ModelSet;
use super::gang::Gang;
use crate::course::{Cadence, CourseModel, Footing};
use crate::units::{ClassId, KindId, Price, QueueId, SimTime, Span};

/// A piece of work, as the world knows it. Policies never hold one: they see a
/// [`JobView`](crate::engine::JobView), which has no `work`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// When it is submitted.
    pub arrival: SimTime,
    /// The truth: how much there is to do, in the unit of its course (microseconds at rate one, or steps).
    pub work: u64,
    /// How long its submitter said it would run.
    pub estimate: Option<Span>,
    /// When it should be done.
    pub deadline: Option<SimTime>,
    /// What it needs at once.
    pub gang: Gang,
    /// GPU models it may run on; a gang lies on one model at a time.
    pub models: ModelSet,
    /// Higher goes first, for policies that ask.
    pub priority: i32,
    /// The tenant's queue.
    pub queue: QueueId,
    /// What it shares with the jobs of its workload.
    pub class: ClassId,
    /// Its kind, for a class whose speeds are a table.
    pub kind: KindId,
}

impl Job {
    /// A job of which nothing is said but when it comes, how much there is to do, and what it needs: of the first queue, class
    /// and kind, on any model.
    pub fn plain(arrival: SimTime, work: u64, gang: Gang) -> Self {
        Self {
            arrival,
            work,
            estimate: None,
            deadline: None,
            gang,
            models: ModelSet::ANY,
            priority: 0,
            queue: QueueId(0),
            class: ClassId(0),
            kind: KindId(0),
        }
    }
}

/// What the jobs of one workload share.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Name of the workload.
    pub name: String,
    /// How its jobs advance.
    pub course: CourseModel,
    /// What outlives an interruption, and at what cost.
    pub checkpoint: Checkpoint,
    /// What their submitter puts up with, for policies that ask.
    pub appetite: Appetite,
}

/// What the submitter of a class of jobs puts up with; what is absent is left to the policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appetite {
    /// The most likely that a reclaim may be, in millionths.
    pub tolerance_ppm: Option<u32>,
    /// The most that a GPU may cost an hour.
    pub price_cap: Option<Price>,
}

impl Class {
    /// Time that a job of `kind` takes to set up: at its first start, or at a later one.
    pub fn setup(&self, kind: KindId, first: bool) -> Span {
        let own = self.course.delay(kind);
        own.unwrap_or(if first {
            self.checkpoint.setup
        } else {
            self.checkpoint.restore
        })
    }

    /// How an attempt on this footing writes checkpoints; a policy may have chosen the stretch of work between them.
    pub fn cadence(&self, chosen: Option<Span>, on: &Footing) -> Cadence {
        let steps = |steps| self.course.span_of_steps(steps, on);
        let every = match self.checkpoint.keep {
            Keep::All | Keep::Nothing => return Cadence::NONE,
            _ if chosen.is_some() => chosen,
            Keep::Every(work) => Some(work),
            Keep::Steps(count) => steps(count),
            Keep::Either(work, count) => Some(steps(count).map_or(work, |steps| steps.min(work))),
        };
        let Checkpoint {
            dump, upload, last, ..
        } = self.checkpoint;
        Cadence::new(every, dump, upload, last).unwrap_or(Cadence::NONE)
    }
}

/// How the jobs of a class save their state, and what it costs to come back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// What outlives an interruption.
    pub keep: Keep,
    /// Time to write a checkpoint; the work stands still meanwhile.
    pub dump: Span,
    /// Time from a written checkpoint to one that outlives the node: an upload beside the work.
    pub upload: Span,
    /// Whether one is written after the last piece of work as well.
    pub last: bool,
    /// Whether a notice makes the job write one at once, if that can be done in time.
    pub on_notice: bool,
    /// Time to set up at the first start.
    pub setup: Span,
    /// Time to set up at every other start.
    pub restore: Span,
    /// Time to go on in other seats without having waited, the state written and read again included.
    pub reseat: Span,
}

impl Default for Checkpoint {
    /// All is kept, at no cost.
    fn default() -> Self {
        Self {
            keep: Keep::All,
            dump: Span::ZERO,
            upload: Span::ZERO,
            last: false,
            on_notice: false,
            setup: Span::ZERO,
            restore: Span::ZERO,
            reseat: Span::ZERO,
        }
    }
}

/// What of a job's work outlives an interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Everything: state is saved at the instant of the interruption, free of charge.
    All,
    /// Nothing of the attempt.
    Nothing,
    /// What the last durable checkpoint of the attempt holds, and all before the attempt; one is written after each stretch
    /// of this working time.
    Every(Span),
    /// The same, after each so many steps of a stepwise course.
    Steps(u64),
    /// The same, after whichever comes first.
    Either(Span, u64),
}

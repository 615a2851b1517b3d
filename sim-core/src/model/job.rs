//! A job: the immutable specification of a piece of work, and what the jobs of one workload share.

use super::demand::ModelSet;
use super::gang::Gang;
use crate::course::CourseModel;
use crate::units::{ClassId, QueueId, SimTime, Span};

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
}

/// What the jobs of one workload share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Name of the workload.
    pub name: String,
    /// How its jobs advance.
    pub course: CourseModel,
    /// What outlives an interruption.
    pub keep: Keep,
    /// Time to set up again when a job starts after an interruption.
    pub restore: Span,
}

/// What of a job's work outlives an interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Everything: state is saved at the instant of the interruption, free of charge.
    All,
    /// Nothing: the job begins again.
    Nothing,
    /// What was done up to the last multiple of this working time within the attempt, and all before the attempt.
    Every(Span),
}

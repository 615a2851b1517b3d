//! Stays: what is kept of an attempt of a job once it is over.

use smallvec::SmallVec;

use super::fact::{Cause, Outcome};
use crate::model::Seat;
use crate::units::SimTime;

/// An attempt: where a job lay, from when to when. One under way when the run ends stops with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// The job's ordinal: its place in the workload, or, of a replica, beyond all jobs.
    pub job: u32,
    /// Its seats.
    pub seats: SmallVec<[Seat; 4]>,
    /// When it was started.
    pub start: SimTime,
    /// From when on it worked.
    pub works: SimTime,
    /// When it stopped.
    pub stop: SimTime,
    /// How it stopped.
    pub how: Stop,
}

/// How an attempt stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// The job waits again.
    Interrupted(Cause),
    /// The job goes on at once in other seats.
    Reseated,
    /// With the job, or, if that is unfinished, with the run.
    Ended(Outcome),
}

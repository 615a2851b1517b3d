//! A request: what comes to a service, and what becomes of it.

use crate::units::{ClassId, SimTime, Span};
use crate::world::draw::{Part, Stream};

/// A request; unique in a service, in order of arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A replica of a service: a number that its owner gives it, and never twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicaId(pub u32);

/// Tokens of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of its prompt.
    pub input: u32,
    /// Of its answer.
    pub output: u32,
}

/// What comes to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Which one it is.
    pub id: RequestId,
    /// Its class: what requests with the same demands share.
    pub class: ClassId,
    /// When it came.
    pub arrived: SimTime,
    /// How much there is to do.
    pub counts: Counts,
    /// The conversation that it belongs to.
    pub session: Option<u64>,
    /// What it asks for, where an earlier answer to the same would do.
    pub content: Option<u64>,
}

/// What of a request a replica is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// All of it.
    Whole,
    /// Up to its first token.
    Prefill,
    /// From its first token on; what was computed comes with it.
    Decode {
        /// When a replica first worked on it.
        started: SimTime,
        /// When its first token was there.
        first_token: SimTime,
    },
}

/// A request at a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// The request.
    pub request: Request,
    /// What of it is to be done.
    pub stage: Stage,
}

/// When a request got on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When a replica began to work on it.
    pub started: SimTime,
    /// When its first token was there: the end, where an answer comes in one piece.
    pub first_token: SimTime,
    /// When its last token was there.
    pub done: SimTime,
}

/// A task that a replica is done with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The task.
    pub task: Task,
    /// When it got on.
    pub times: Times,
}

/// Why a replica does not take a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// As many wait as may.
    Full,
    /// More tokens than its memory holds: it never will.
    TooLong,
}

/// Why a request was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// As many wait as may.
    Full,
    /// More tokens than a replica's memory holds.
    TooLong,
    /// Its replica was lost, as often as it may be tried.
    Lost,
    /// It has waited for a replica as long as it would.
    Impatient,
}

/// How a request ended: exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By a replica.
    Served {
        /// The one that made its last token.
        by: ReplicaId,
        /// When it got on there.
        times: Times,
        /// On the way from the user and back, together, over and above these times: of a cascade, to all that it was at.
        network: Span,
        /// What its answer is worth, in parts per million.
        quality_ppm: u32,
    },
    /// By an answer that was there.
    Cached {
        /// When it had it.
        done: SimTime,
    },
    /// Not at all.
    Dropped {
        /// When it was given up.
        at: SimTime,
        /// Why.
        why: Reason,
    },
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The request.
    pub request: Request,
    /// How it ended.
    pub end: End,
}

/// Luck of a service: draws that its name and a request's number fix, so that they do not depend on who serves it, or when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Luck {
    /// Of the run.
    pub seed: u64,
    /// The service's name.
    pub service: String,
}

impl Request {
    /// A request of which nothing is said but when it comes: of the first class, a token in and a token out.
    pub fn plain(id: u64, arrived: SimTime) -> Self {
        Self {
            id: RequestId(id),
            class: ClassId(0),
            arrived,
            counts: Counts {
                input: 1,
                output: 1,
            },
            session: None,
            content: None,
        }
    }
}

impl Counts {
    /// All its tokens. A prompt and an answer have at least one each.
    pub fn total(self) -> u64 {
        u64::from(self.input.max(1)) + u64::from(self.output.max(1))
    }
}

impl Task {
    /// All of a request.
    pub const fn whole(request: Request) -> Self {
        Self {
            request,
            stage: Stage::Whole,
        }
    }
}

impl Completion {
    /// When it ended, as a replica or the cache has it.
    pub const fn at(&self) -> SimTime {
        match self.end {
            End::Served { times, .. } => times.done,
            End::Cached { done } => done,
            End::Dropped { at, .. } => at,
        }
    }

    /// From its arrival to its end, the network included, if it got its answer.
    pub fn latency(&self) -> Option<Span> {
        let span = self.at().since(self.request.arrived);
        match self.end {
            End::Served { network, .. } => Some(span.saturating_add(network)),
            End::Cached { .. } => Some(span),
            End::Dropped { .. } => None,
        }
    }
}

impl Luck {
    /// The draws that decide `what` of a request.
    pub fn stream(&self, what: &str, id: RequestId) -> Stream {
        Stream::new(
            self.seed,
            &[
                Part::Name(what),
                Part::Name(&self.service),
                Part::Number(id.0),
            ],
        )
    }
}

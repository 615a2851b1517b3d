//! By what `RLScheduler`'s heuristics choose the next head.

use sim_core::units::{JobId, SimTime, Span, convert};

use crate::order::{keys, scores};
use crate::queue::Key;

/// How a head is chosen: the least goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// By submission.
    Fcfs,
    /// By estimate, then submission.
    Sjf,
    /// As [`crate::order::Wfp3`].
    Wfp3,
    /// As [`crate::order::Unicep`].
    Unicep,
    /// As [`crate::order::F1`].
    F1,
}

/// A job that waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) job: JobId,
    pub(super) submit: SimTime,
    pub(super) estimate: Span,
    pub(super) size: u32,
}

impl Score {
    /// What is compared, the least first: a number, then an instant. With `frozen` the waiting time is what it was by the
    /// published bug.
    pub(super) fn of(self, own: &Waiting, frozen: bool, now: SimTime) -> (Key, SimTime) {
        let seconds = |us: u64| convert::real(us) / 1e6;
        let (submit, estimate) = (seconds(own.submit.us()), seconds(own.estimate.us()));
        let size = convert::real(own.size.into());
        let waited = || {
            if frozen {
                -1.0 - submit
            } else {
                seconds(now.since(own.submit).us())
            }
        };
        let number = match self {
            Self::Fcfs => submit,
            Self::Sjf => return (keys::real(estimate), own.submit),
            Self::Wfp3 => scores::wfp3(waited(), estimate, size),
            Self::Unicep => scores::unicep(waited(), estimate, size),
            Self::F1 => scores::f1(submit, estimate, size),
        };
        (keys::real(number), SimTime::ZERO)
    }
}

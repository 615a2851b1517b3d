//! Faults: why a run cannot go on.

use std::fmt;

use crate::units::{SimTime, limits};

/// A run that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The policy makes the same instant happen over and over.
    Livelock {
        /// Its name.
        policy: String,
        /// The instant.
        at: SimTime,
    },
    /// The policy keeps asking to be asked, and decides nothing.
    Idle {
        /// Its name.
        policy: String,
        /// The last such instant.
        at: SimTime,
    },
    /// A job arrives before the one ahead of it.
    Unsorted {
        /// Its place in the workload.
        ordinal: u32,
        /// Its arrival.
        at: SimTime,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Livelock { policy, at } => write!(
                f,
                "policy {policy}: more than {} batches at {at}: its decisions make the same instant happen again and again",
                limits::MAX_BATCHES
            ),
            Self::Idle { policy, at } => write!(
                f,
                "policy {policy}: woken {} times in a row, last at {at}, without anything happening: jobs wait that it never starts",
                limits::MAX_IDLE_WAKES
            ),
            Self::Unsorted { ordinal, at } => {
                write!(
                    f,
                    "job {ordinal} arrives at {at}, before the job ahead of it: a workload is sorted by arrival"
                )
            }
        }
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// Names the policy, which the engine does not know.
    pub fn by(self, name: &str) -> Self {
        match self {
            Self::Livelock { at, .. } => Self::Livelock {
                policy: name.to_owned(),
                at,
            },
            Self::Idle { at, .. } => Self::Idle {
                policy: name.to_owned(),
                at,
            },
            Self::Unsorted { .. } => self,
        }
    }
}

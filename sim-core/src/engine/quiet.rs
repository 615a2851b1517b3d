//! Quiet: jobs wait, none comes or ends, and none is to come. Machines, prices and rounds may come and go for ever beside
//! that, so a run without an end is stuck once it was quiet for long enough and no end of a job is ahead: see
//! [`limits::QUIET_INSTANTS`].

use crate::units::{SimTime, limits};

/// For how long a run has been quiet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quiet {
    since: SimTime,
    last: SimTime,
    instants: u32,
}

impl Quiet {
    /// Something has happened at `now`; it stirred a job, or none.
    pub(crate) fn pass(&mut self, now: SimTime, stirred: bool) {
        if stirred {
            self.instants = 0;
        } else if self.instants == 0 {
            *self = Self {
                since: now,
                last: now,
                instants: 1,
            };
        } else if now > self.last {
            self.last = now;
            self.instants = self.instants.saturating_add(1);
        }
    }

    /// Whether there is nothing to be hoped for but the end of a job that runs.
    pub(crate) fn is_final(&self) -> bool {
        self.instants > limits::QUIET_INSTANTS
            && self.last.since(self.since).us() > limits::QUIET_US
    }
}

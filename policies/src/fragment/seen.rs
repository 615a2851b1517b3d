//! What is typical of the tasks that have come so far.

use std::collections::BTreeMap;

use sim_core::engine::{Change, View};

use super::typical::{Class, Typical, count};

/// Counts the tasks that come, and says what is typical of them: anew when there are an eighth more of them than at the last
/// time, so that long runs do not measure everything again with every job.
#[derive(Clone, Debug)]
pub struct Seen {
    share_ppm: u32,
    /// Whether it may go by what is yet to come, where it is granted and known.
    foresees: bool,
    /// Whether it does.
    is_whole: bool,
    counts: BTreeMap<Class, u64>,
    total: u64,
    /// Tasks from which on they are ranked anew.
    next: u64,
    typical: Typical,
}

impl Seen {
    /// Nothing yet; the commonest classes that make up `share_ppm` millionths of all tasks are typical.
    pub fn new(share_ppm: u32) -> Self {
        Self {
            share_ppm,
            foresees: true,
            is_whole: false,
            counts: BTreeMap::new(),
            total: 0,
            next: 1,
            typical: Typical::default(),
        }
    }

    /// This, whatever comes.
    pub fn given(typical: Typical) -> Self {
        Self {
            is_whole: true,
            typical,
            ..Self::new(0)
        }
    }

    /// What is typical.
    pub fn typical(&self) -> &Typical {
        &self.typical
    }

    /// Takes note of who arrived; whether something else is typical now. Where arrivals to come are granted, all jobs of the
    /// run are counted at once.
    pub fn note(&mut self, view: &View<'_>) -> bool {
        if self.is_whole {
            return false;
        }
        if let Some(leave) = view.arrivals().filter(|_| self.foresees) {
            self.foresees = false;
            for (gang, models) in view.cast(leave) {
                self.total += count(&mut self.counts, gang, models);
            }
            self.is_whole = self.total > 0;
            if self.is_whole {
                self.rank();
                return true;
            }
        }
        for change in view.changes() {
            if let Change::Arrived(job) = change
                && let Some(job) = view.job(*job)
            {
                self.total += count(&mut self.counts, job.gang(), job.models());
            }
        }
        let due = self.total >= self.next;
        if due {
            self.rank();
        }
        due
    }

    fn rank(&mut self) {
        self.typical = Typical::of(&self.counts, self.share_ppm);
        self.next = self.total + (self.total / 8).max(1);
    }
}

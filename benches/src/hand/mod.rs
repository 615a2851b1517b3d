//! Loops written by hand: each replays one policy on counts and does nothing else.

mod easy;
mod fifo;
mod indexed;
mod mmc;

pub use easy::easy;
pub use fifo::fifo;
pub use indexed::Indexed;
pub use mmc::mmc;

use std::cmp::Reverse;

use dary_heap::QuaternaryHeap;

/// A job as a count: what a loop written by hand needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// When it arrives, in microseconds.
    pub arrival: u64,
    /// How long it runs.
    pub run: u64,
    /// How long its submitter said it would run.
    pub estimate: u64,
    /// GPUs it needs, of whichever nodes.
    pub gpus: u32,
}

/// Ends to come: time, and whose.
#[derive(Debug, Default)]
struct Ends(QuaternaryHeap<Reverse<u128>>);

impl Ends {
    fn push(&mut self, time: u64, whose: usize) {
        let whose = u128::try_from(whose).expect("64 bits");
        self.0.push(Reverse(u128::from(time) << 64 | whose));
    }

    fn next(&self) -> Option<u64> {
        let Reverse(key) = self.0.peek()?;
        Some(u64::try_from(key >> 64).expect("64 bits"))
    }

    /// Takes out the next one if it is due.
    fn pop_at(&mut self, now: u64) -> Option<usize> {
        if self.next()? != now {
            return None;
        }
        let Reverse(key) = self.0.pop()?;
        Some(usize::try_from(key & u128::from(u64::MAX)).expect("64 bits"))
    }
}

/// The earlier of two instants, either of which may never come.
fn earlier(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::Count;
    use crate::flight::{self, Rule, Starts};
    use crate::jobs::{self, Form, GPUS};
    use sim_core::world::Trace;

    /// Holds a loop to the engine's schedule, job by job, below and above what the fleet can bear.
    pub(super) fn same_starts(rule: Rule, by_hand: fn(&[Count], u32) -> Vec<u64>) {
        for (nodes, load) in [(10, 0.7), (10, 0.95), (10, 1.1), (1, 0.9)] {
            let list = jobs::jobs(5_000, nodes, load, Form::Scattered);
            let mut starts = Starts::default();
            let world = flight::world(nodes, GPUS);
            flight::fly(
                &world,
                Box::new(Trace::new(list.clone())),
                rule,
                &mut starts,
            );
            let by_hand = by_hand(&jobs::counts(&list), nodes * GPUS);
            let differing = starts.0.iter().zip(&by_hand).filter(|(a, b)| a != b);
            assert_eq!(
                (starts.0.len(), differing.count()),
                (5_000, 0),
                "load {load}"
            );
            let waits = list.iter().zip(by_hand);
            let waiting = waits.filter(|(job, start)| *start > job.arrival.us());
            assert!(
                waiting.count() > 100,
                "a schedule without waiting compares nothing"
            );
        }
    }
}

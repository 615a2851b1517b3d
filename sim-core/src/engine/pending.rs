//! The pending-event set: a 4-ary heap of packed keys.
//!
//! Cancelling is lazy. A stale event is recognised when it comes up, because the thing it speaks of no longer expects it;
//! the engine says how many are stale, and when they outnumber the live ones a sweep drops them. The alternative is an
//! indexed heap with true removal. Measured side by side (`cargo bench -p benches --bench engine`), in ns:
//!
//! | | lazy | indexed |
//! |---|---|---|
//! | take and put back, 1e3 / 1e5 / 1e6 pending | 31 / 60 / 347 | 50 / 96 / 371 |
//! | the same, 1e5 workers, a timeout cancelled and set anew at each 100th step | 107 | 137 |
//! | at each 10th | 139 | 137 |
//! | at each | 169 | 132 |
//!
//! So lazy is ahead unless more than a tenth of the steps cancel, and runs are far from that: only an interruption does.

use std::cmp::Reverse;

use dary_heap::QuaternaryHeap;

use super::event::Pending;

/// Events by time, rank and entity.
#[derive(Clone, Debug, Default)]
pub(crate) struct PendingSet {
    heap: QuaternaryHeap<Reverse<u128>>,
    stale: usize,
}

/// Below this many stale events a sweep is not worth its while.
const SWEEP_FLOOR: usize = 64;

impl PendingSet {
    /// Adds an event.
    pub(crate) fn push(&mut self, pending: Pending) {
        self.heap.push(Reverse(pending.key()));
    }

    /// The earliest event.
    pub(crate) fn peek(&self) -> Option<Pending> {
        self.heap.peek().map(|Reverse(key)| Pending::from_key(*key))
    }

    /// Takes the earliest event out.
    pub(crate) fn pop(&mut self) -> Option<Pending> {
        self.heap.pop().map(|Reverse(key)| Pending::from_key(key))
    }

    /// How many events there are, stale ones included.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    /// Says that an event that was pushed is no longer expected; `live` tells which still are.
    pub(crate) fn cancel(&mut self, live: impl Fn(Pending) -> bool) {
        self.stale += 1;
        if self.stale > SWEEP_FLOOR && self.stale * 2 > self.heap.len() {
            self.heap
                .retain(|Reverse(key)| live(Pending::from_key(*key)));
            self.stale = 0;
        }
    }

    /// Says that a stale event came up and was dropped.
    pub(crate) fn dropped(&mut self) {
        self.stale = self.stale.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Event;
    use crate::units::{NodeId, SimTime};
    use crate::world::draw::{Part, Stream};
    use std::collections::BTreeSet;

    /// Ten million random pushes, pops and cancellations, beside a sorted set.
    #[test]
    fn ten_million_operations_agree_with_a_sorted_set() {
        let mut luck = Stream::new(7, &[Part::Name("pending-set")]);
        let (mut set, mut oracle) = (PendingSet::default(), BTreeSet::new());
        let mut clock = 0;
        for step in 0..10_000_000_u32 {
            // The set breathes: it grows to some ten thousands, then shrinks, and again.
            let growing = step / 50_000 % 2 == 0;
            match luck.below(10) {
                0..=4 if growing => {
                    let time = SimTime::from_us(clock + luck.below(5_000)).expect("short");
                    let node = NodeId(u32::try_from(luck.below(1000)).expect("small"));
                    let pending = Pending::new(time, Event::Reclaim(node));
                    if oracle.insert(pending) {
                        set.push(pending);
                    }
                }
                5 | 6 => {
                    let pivot = Pending::new(
                        SimTime::from_us(clock + luck.below(5_000)).expect("short"),
                        Event::Reclaim(NodeId(0)),
                    );
                    let next = oracle.range(pivot..).next().copied();
                    if let Some(cancelled) = next {
                        oracle.remove(&cancelled);
                        set.cancel(|pending| oracle.contains(&pending));
                    }
                }
                _ => {
                    let expected = oracle.pop_first();
                    let mut popped = set.pop();
                    while popped.is_some_and(|pending| {
                        Some(pending) != expected && !oracle.contains(&pending)
                    }) {
                        set.dropped();
                        popped = set.pop();
                    }
                    assert_eq!(popped, expected);
                    clock = expected.map_or(clock, |pending| pending.time().us());
                }
            }
            assert!(set.len() >= oracle.len());
            assert!(set.len() <= 2 * oracle.len() + 2 * SWEEP_FLOOR + 2);
        }
    }
}

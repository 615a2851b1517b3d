//! The cadence of checkpoints: how an attempt that writes one after each stretch of work spends its time. In closed form, so
//! that a checkpoint is no event.

use crate::units::Span;

/// How an attempt writes checkpoints. The default writes none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cadence {
    /// Working time from one to the next; none are written without it.
    pub every: Option<Span>,
    /// Time to write one; the work stands still meanwhile.
    pub dump: Span,
    /// Time from when it is written to when it outlives the node.
    pub upload: Span,
    /// Whether one is written after the last piece of work as well.
    pub last: bool,
}

/// How the time of an attempt splits, from when it began to work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Working time.
    pub worked: Span,
    /// The part of it, from the beginning, that outlives the node.
    pub durable: Span,
    /// Time spent writing, whole checkpoints or not.
    pub dumping: Span,
}

impl Cadence {
    /// From when it begins to work to its end, if nothing disturbs it.
    pub fn length(&self, work: Span) -> Span {
        let dumps = u128::from(self.dumps(work)) * u128::from(self.dump.us());
        span(u128::from(work.us()) + dumps)
    }

    /// How it splits `elapsed` after it began to work, of `work` in all.
    pub fn at(&self, elapsed: Span, work: Span) -> Split {
        let length = self.length(work);
        let elapsed = elapsed.min(length);
        let Some(every) = self.every else {
            return Split {
                worked: elapsed,
                ..Split::default()
            };
        };
        let (every, elapsed_us) = (every.us().max(1), elapsed.us());
        let cycle = every.saturating_add(self.dump.us());
        let worked = (elapsed_us / cycle * every + (elapsed_us % cycle).min(every)).min(work.us());
        let safe = match elapsed_us.checked_sub(self.upload.us()) {
            // The one after a last stretch that is shorter.
            Some(since) if self.last && since == length.us() => work.us(),
            Some(since) => (since / cycle).min(self.dumps(work)) * every,
            None => 0,
        };
        Split {
            worked: span(worked.into()),
            durable: span(safe.min(work.us()).into()),
            dumping: elapsed - span(worked.into()),
        }
    }

    /// Checkpoints on the way to the end of `work`.
    fn dumps(&self, work: Span) -> u64 {
        let Some(every) = self.every else {
            return 0;
        };
        let stretches = work.us().div_ceil(every.us().max(1));
        if self.last {
            stretches
        } else {
            stretches.saturating_sub(1)
        }
    }
}

fn span(us: u128) -> Span {
    u64::try_from(us)
        .ok()
        .and_then(Span::from_us)
        .unwrap_or(Span::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn us(us: u64) -> Span {
        Span::from_us(us).expect("short")
    }

    /// Microsecond by microsecond: work, or write.
    fn stepped(cadence: &Cadence, elapsed: u64, work: u64) -> (Split, Option<u64>) {
        let (mut worked, mut dumping, mut written, mut since) = (0, 0, Vec::new(), 0);
        let mut left_to_write = None;
        let mut end = (work == 0).then_some(0);
        for now in 0..elapsed {
            if end.is_some() {
                break;
            }
            if let Some(left) = left_to_write {
                dumping += 1;
                left_to_write = Some(left - 1);
            } else {
                worked += 1;
                since += 1;
                let due = cadence.every.is_some_and(|every| since == every.us());
                let over = worked == work;
                if (due && !over) || (over && cadence.last && cadence.every.is_some()) {
                    left_to_write = Some(cadence.dump.us());
                }
            }
            if left_to_write == Some(0) {
                written.push((now + 1, worked));
                (left_to_write, since) = (None, 0);
            }
            if worked == work && left_to_write.is_none() {
                end = Some(now + 1);
            }
        }
        let safe = written
            .iter()
            .filter(|(at, _)| at + cadence.upload.us() <= elapsed.min(end.unwrap_or(elapsed)));
        let split = Split {
            worked: us(worked),
            durable: us(safe.map(|(_, worked)| *worked).max().unwrap_or(0)),
            dumping: us(dumping),
        };
        (split, end)
    }

    proptest! {
        #[test]
        fn splits_as_if_stepped(
            every in prop::option::of(1_u64..9), dump in 0_u64..5, upload in 0_u64..12, last: bool,
            work in 0_u64..40, elapsed in 0_u64..120,
        ) {
            let cadence = Cadence { every: every.map(us), dump: us(dump), upload: us(upload), last };
            let (split, _) = stepped(&cadence, elapsed, work);
            prop_assert_eq!(cadence.at(us(elapsed), us(work)), split);
            let (_, end) = stepped(&cadence, 10_000, work);
            prop_assert_eq!(Some(cadence.length(us(work)).us()), end);
        }
    }
}

//! A cadence of checkpoints: how an attempt spends its time between working and dumping, in closed form.
//!
//! The attempt works `every`, then stands still for `dump` while the snapshot is taken, works on, and
//! so forth; meanwhile the snapshot travels, and `upload` after its dump has ended it is durable: it
//! outlives the machine. Uploads do not slow the work, nor each other (so `upload` should not exceed
//! `every`, or the link would have to carry more than one at a time).

use std::fmt;

use crate::units::Span;

/// When an attempt dumps, and when a dump is safe.
///
/// ```
/// use sim_core::course::Cadence;
/// use sim_core::units::Span;
///
/// let minutes = |n: u64| Span::from_secs(60 * n);
/// let cadence = Cadence::new(Some(minutes(30)), minutes(2), minutes(5), false).expect("positive");
/// assert_eq!(cadence.length(minutes(60)), minutes(62));
/// let split = cadence.at(minutes(40), minutes(60));
/// assert_eq!((split.worked, split.durable, split.dumping), (minutes(38), minutes(30), minutes(2)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    every: Option<Span>,
    dump: Span,
    upload: Span,
    last: bool,
}

/// An attempt's time so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Working time that a loss now would leave.
    pub durable: Span,
    /// Working time.
    pub worked: Span,
    /// Time in dumps, an unfinished one included.
    pub dumping: Span,
}

/// Why spans are no cadence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CadenceError {
    /// The working time between two dumps is zero.
    NoWork,
}

impl Cadence {
    /// No checkpoints: a lost attempt is lost whole.
    pub const NONE: Self = Self {
        every: None,
        dump: Span::ZERO,
        upload: Span::ZERO,
        last: false,
    };

    /// A dump of length `dump` after each `every` of working time (`None`: no periodic one), durable
    /// `upload` after its end; after the last segment only if `last`.
    ///
    /// # Errors
    /// `every` is zero.
    pub fn new(
        every: Option<Span>,
        dump: Span,
        upload: Span,
        last: bool,
    ) -> Result<Self, CadenceError> {
        if every == Some(Span::ZERO) {
            return Err(CadenceError::NoWork);
        }
        Ok(Self {
            every,
            dump,
            upload,
            last,
        })
    }

    /// Working time between dumps.
    pub const fn every(&self) -> Option<Span> {
        self.every
    }

    /// How long a dump stops the work.
    pub const fn dump(&self) -> Span {
        self.dump
    }

    /// From the end of a dump until it is durable.
    pub const fn upload(&self) -> Span {
        self.upload
    }

    /// Whether a dump follows the last segment too.
    pub const fn last(&self) -> bool {
        self.last
    }

    /// Dumps between the segments of `work`, and one after the last if so asked; none where there is
    /// no work.
    pub fn dumps(&self, work: Span) -> u64 {
        if work == Span::ZERO || *self == Self::NONE {
            return 0;
        }
        self.between(work) + u64::from(self.last)
    }

    /// Elapsed time of `work` undisturbed, dumps included; held at [`Span::MAX`].
    pub fn length(&self, work: Span) -> Span {
        work.saturating_add(self.dump.saturating_mul(self.dumps(work)))
    }

    /// The split after `elapsed` of an attempt that has `work` to do. Past [`Cadence::length`] the work
    /// stands still, while the last uploads still arrive.
    pub fn at(&self, elapsed: Span, work: Span) -> Split {
        if *self == Self::NONE {
            // Most attempts; the divisions below cost more than the rest of an event.
            return Split {
                worked: elapsed.min(work),
                ..Split::default()
            };
        }
        let between = self.between(work);
        let before = (elapsed.us() / self.period_us(work)).min(between);
        let rest = span(elapsed.us() - before * self.period_us(work));
        let segment = if before < between {
            self.segment(work)
        } else {
            span(work.us() - between * self.segment(work).us())
        };
        let dumped = before < between || (self.last && work > Span::ZERO);
        let dump = if dumped { self.dump } else { Span::ZERO };
        Split {
            durable: self.durable(elapsed, work),
            worked: span(before * self.segment(work).us()) + rest.min(segment),
            dumping: span(before * self.dump.us()) + rest.saturating_sub(segment).min(dump),
        }
    }

    /// The work of the latest dump that has arrived.
    fn durable(&self, elapsed: Span, work: Span) -> Span {
        let Some(before) = elapsed.us().checked_sub(self.upload.us()) else {
            return Span::ZERO;
        };
        let between = self.between(work);
        let arrived = (before / self.period_us(work)).min(between);
        // Beyond the longest span nothing ends, so the sum must not be held there.
        let end = u128::from(work.us()) + u128::from(between + 1) * u128::from(self.dump.us());
        if self.last && u128::from(before) >= end {
            return work;
        }
        span(arrived * self.segment(work).us())
    }

    /// The work of all segments but the last, which may be shorter.
    fn segment(&self, work: Span) -> Span {
        self.every.map_or(work, |every| every.min(work))
    }

    /// From the start of a segment to that of the next; at least a microsecond, where there is no work.
    fn period_us(&self, work: Span) -> u64 {
        (self.segment(work).us() + self.dump.us()).max(1)
    }

    /// Dumps that have work on both sides.
    fn between(&self, work: Span) -> u64 {
        let segment = self.segment(work).us().max(1);
        work.us().div_ceil(segment).saturating_sub(1)
    }
}

fn span(us: u64) -> Span {
    Span::from_us(us).expect("no longer than the work or the elapsed time")
}

impl fmt::Display for CadenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWork => f.write_str(
                "a checkpoint every 0 s leaves no time to work: give a span, or none at all",
            ),
        }
    }
}

impl std::error::Error for CadenceError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn us(us: u64) -> Span {
        Span::from_us(us).unwrap()
    }

    /// Microsecond by microsecond: works, dumps, and notes when each snapshot arrives. The state before
    /// each microsecond, the last one held.
    fn naive(cadence: &Cadence, work: u64, until: u64) -> (Vec<Split>, u64) {
        let every = cadence.every.map_or(u64::MAX, Span::us);
        let (mut worked, mut dumping, mut in_dump, mut since) = (0, 0, 0, 0);
        let (mut arrivals, mut splits, mut length) = (Vec::new(), Vec::new(), None);
        for now in 0..=until {
            // What takes no time happens first.
            loop {
                let due = since == every && worked < work;
                let last = worked == work && since > 0 && cadence.last;
                if in_dump == cadence.dump.us() && (due || last) {
                    arrivals.push((now + cadence.upload.us(), worked));
                    (since, in_dump) = (0, 0);
                } else {
                    break;
                }
            }
            let dumps = since > 0
                && ((since == every && worked < work) || (worked == work && cadence.last));
            if worked == work && !dumps && length.is_none() {
                length = Some(now);
            }
            let arrived = arrivals.iter().filter(|(at, _)| *at <= now);
            let durable = arrived.map(|(_, worked)| *worked).max().unwrap_or(0);
            splits.push(Split {
                durable: us(durable),
                worked: us(worked),
                dumping: us(dumping),
            });
            if dumps {
                (in_dump, dumping) = (in_dump + 1, dumping + 1);
            } else if worked < work {
                (worked, since) = (worked + 1, since + 1);
            }
        }
        (splits, length.expect("it ends in time"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn it_is_what_a_stepping_simulation_says(
            every in proptest::option::of(1_u64..12),
            dump in 0_u64..5,
            upload in 0_u64..20,
            last: bool,
            work in 0_u64..60,
        ) {
            let cadence = Cadence::new(every.map(us), us(dump), us(upload), last).unwrap();
            let until = work + (work + 1) * dump + upload + 5;
            let (splits, length) = naive(&cadence, work, until);
            prop_assert_eq!(cadence.length(us(work)), us(length));
            for (elapsed, naive) in (0..).zip(splits) {
                prop_assert_eq!(cadence.at(us(elapsed), us(work)), naive, "at {}", elapsed);
            }
        }

        #[test]
        fn time_is_neither_lost_nor_made(
            every in 1_u64..1 << 52,
            spans in (0_u64..1 << 51, 0_u64..1 << 51),
            last: bool,
            work in 0_u64..1 << 51,
            elapsed in 0_u64..1 << 51,
        ) {
            let every = us(every.min(Span::MAX.us()));
            let cadence = Cadence::new(Some(every), us(spans.0), us(spans.1), last).unwrap();
            let length = cadence.length(us(work));
            let split = cadence.at(us(elapsed), us(work));
            prop_assert_eq!(split.worked + split.dumping, us(elapsed).min(length));
            prop_assert!(split.durable <= split.worked);
            prop_assert!(split.worked <= us(work));
        }
    }

    #[test]
    fn the_extremes_are_held_at_the_longest_span() {
        let cadence = Cadence::new(Some(us(1)), Span::MAX, Span::MAX, true).unwrap();
        assert_eq!(cadence.length(Span::MAX), Span::MAX);
        let split = cadence.at(Span::MAX, Span::MAX);
        assert_eq!((split.worked, split.durable), (us(1), Span::ZERO));
        assert_eq!(Cadence::NONE.length(Span::MAX), Span::MAX);
        assert_eq!(Cadence::NONE.at(us(7), us(9)).durable, Span::ZERO);
        assert_eq!(
            Cadence::new(Some(Span::ZERO), us(1), us(1), true),
            Err(CadenceError::NoWork)
        );
    }
}

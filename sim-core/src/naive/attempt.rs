//! How an attempt spends its time: walked through stretch by stretch.

use super::Naive;
use crate::course::Footing;
use crate::model::Keep;
use crate::units::{SimTime, Span};
use crate::watch::Spent;

/// How far an attempt has come.
pub(super) struct Walk {
    /// Where the walk ended: at the instant asked for, or when the work was done.
    pub(super) at: SimTime,
    /// Microseconds of work, and how many of them are durable.
    pub(super) worked: u64,
    pub(super) durable: u64,
    /// Microseconds of writing.
    dumped: u64,
}

impl Naive<'_> {
    /// Walks through the attempt of a row up to `until`, or up to the moment at which it began to save its state.
    pub(super) fn walk(&self, at: usize, until: SimTime) -> Walk {
        let row = &self.rows[at];
        let checkpoint = self.class(at).checkpoint;
        let until = row.saving.unwrap_or(until);
        let left = self.work_of(at);
        let every = self.every(at, &row.first).unwrap_or(Span::MAX);
        let mut walk = Walk {
            at: row.works,
            worked: 0,
            durable: 0,
            dumped: 0,
        };
        while walk.at < until && walk.worked < left.us() {
            let stretch = every.us().min(left.us() - walk.worked);
            let done = stretch.min(until.us() - walk.at.us());
            walk.worked += done;
            walk.at = walk.at.saturating_add(span(done));
            let over = walk.worked == left.us();
            let writes = done == stretch && every < Span::MAX && (!over || checkpoint.last);
            if writes {
                let dumped = checkpoint.dump.us().min(until.us() - walk.at.us());
                walk.dumped += dumped;
                walk.at = walk.at.saturating_add(span(dumped));
                let durable = walk.at.saturating_add(checkpoint.upload);
                if dumped == checkpoint.dump.us() && durable <= until {
                    walk.durable = walk.worked;
                }
            }
        }
        walk
    }

    /// When the attempt is through; what never ends is not walked to its end.
    pub(super) fn due(&self, at: usize) -> SimTime {
        if self.work_of(at) == Span::MAX {
            return SimTime::MAX;
        }
        self.walk(at, SimTime::MAX).at
    }

    /// Working time between checkpoints, if there are any.
    fn every(&self, at: usize, on: &Footing) -> Option<Span> {
        let class = self.class(at);
        let steps = |count| class.course.span_of_steps(count, on);
        let said = match class.checkpoint.keep {
            Keep::All | Keep::Nothing => return None,
            Keep::Every(work) => Some(work),
            Keep::Steps(count) => steps(count),
            Keep::Either(work, count) => {
                steps(count).map_or(Some(work), |span| Some(span.min(work)))
            }
        };
        self.rows[at].every.or(said)
    }

    /// How the attempt that stops now passed, of which so many microseconds of work are kept.
    pub(super) fn spent(&self, at: usize, kept: u64) -> Spent {
        let (row, walk) = (&self.rows[at], self.walk(at, self.now));
        let works = row.works.min(self.now);
        let saving = row.saving.map_or(0, |since| self.now.us() - since.us());
        Spent {
            restore: works.since(row.started),
            kept: span(kept),
            lost: span(walk.worked - kept),
            dump: span(walk.dumped + saving),
            stall: self.waits(at, span(walk.worked)),
        }
    }
}

pub(super) fn span(us: u64) -> Span {
    Span::from_us(us).expect("part of the run")
}

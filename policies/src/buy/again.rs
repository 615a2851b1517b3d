//! Asking again: where the provider does not say what it has, a request that was not granted leads to nothing that would
//! wake the buyer.
//!
//! So it looks again after five minutes, then after twice as long each time. After ten times in vain (three days and a half)
//! it waits for something to happen, lest a run in which nothing will goes on for ever.

use sim_core::engine::Change;
use sim_core::units::{SimTime, Span};

const FIRST: Span = Span::from_secs(300);
const TIMES: u32 = 10;

/// How often it was asked in vain, and when to ask next.
#[derive(Clone, Copy, Debug, Default)]
pub struct Again {
    tries: u32,
    due: SimTime,
}

impl Again {
    /// When to look again, after something was asked for or not.
    pub(super) fn after(&mut self, asked: bool, now: SimTime) -> Option<SimTime> {
        if !asked {
            *self = Self::default();
            return None;
        }
        if self.due <= now && self.tries < TIMES {
            self.due = now.saturating_add(FIRST.saturating_mul(1 << self.tries));
            self.tries += 1;
        }
        (self.due > now).then_some(self.due)
    }
}

/// A look at the next instant, where what was given back leaves more of a quota: that a policy gives something back wakes
/// nobody. What is given back and asked for again could go to and fro for ever, so the next looks come after a minute, after
/// two, and so on, and after ten in vain it waits for a job to come, start or go.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Soon {
    at: SimTime,
    tries: u32,
}

impl Soon {
    /// Takes note of what happened: with a job that came, started or went all begins anew.
    pub(crate) fn heed(&mut self, changes: &[Change]) {
        let is_news = |change: &Change| match change {
            Change::Arrived(_) | Change::Requeued(_) | Change::Started(_) | Change::Ended(_) => {
                true
            }
            Change::Reseated(_)
            | Change::Node(_)
            | Change::Price(_)
            | Change::Availability(_)
            | Change::Waiting(_)
            | Change::Woken => false,
        };
        if changes.iter().any(is_news) {
            self.tries = 0;
        }
    }

    /// When to look, which may have been said before.
    pub(crate) fn after(&mut self, now: SimTime) -> Option<SimTime> {
        if self.at <= now && self.tries <= TIMES {
            let minutes = (1_u64 << self.tries) / 2;
            let pause = Span::from_secs(60 * minutes).max(Span::MICROSECOND);
            self.at = now.saturating_add(pause);
            self.tries += 1;
        }
        (self.at > now).then_some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::units::JobId;

    #[test]
    fn what_was_given_back_is_looked_at_soon_and_then_ever_later() {
        let (mut soon, mut now, mut waits) = (Soon::default(), SimTime::ZERO, Vec::new());
        while let Some(at) = soon.after(now) {
            assert_eq!(soon.after(now), Some(at));
            waits.push(at.since(now).us());
            now = at;
        }
        assert_eq!(waits[..4], [1, 60_000_000, 120_000_000, 240_000_000]);
        assert_eq!(waits.len(), 11);
        soon.heed(&[Change::Woken]);
        assert_eq!(soon.after(now), None);
        soon.heed(&[Change::Ended(JobId::unpack(0))]);
        assert!(soon.after(now).is_some());
    }

    #[test]
    fn it_is_asked_after_twice_as_long_each_time_and_not_for_ever() {
        let (mut again, mut now, mut waits) = (Again::default(), SimTime::ZERO, Vec::new());
        while let Some(due) = again.after(true, now) {
            waits.push(due.since(now).us() / 300_000_000);
            now = due;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
        assert_eq!(again.after(false, now), None);
        let next = now.saturating_add(FIRST);
        assert_eq!(again.after(true, now), Some(next));
        assert_eq!(again.after(true, now), Some(next));
    }
}

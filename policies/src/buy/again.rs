//! Asking again: where the provider does not say what it has, a request that was not granted leads to nothing that would
//! wake the buyer.
//!
//! So it looks again after five minutes, then after twice as long each time. After ten times in vain (three days and a half)
//! it waits for something to happen, lest a run in which nothing will goes on for ever.

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

#[cfg(test)]
mod tests {
    use super::*;

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

//! The stepwise course: only whole steps count, as in a training loop that saves between steps.

use super::{Change, Course, Footing, Piece, Telemetry, UNIT_RATE};
use crate::units::Span;

/// Steps left, and how long one takes at unit rate.
///
/// The clock counts whole microseconds, steps do not. A step, but for the last, that lacks less than a microsecond when its
/// attempt stops is done, and the next attempt owes what it lacked; what is done in the microsecond in which a step ends is put
/// by for the next. So a job that is stopped between steps a thousand times works as long as one that is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepwise {
    left: u64,
    step: Span,
    /// Work put by, or owed if it is negative, in microseconds x parts per billion: less than a microsecond's.
    ahead: i64,
}

impl Stepwise {
    /// `steps` steps of `step` at unit rate. Panics on a step of no length.
    pub fn new(steps: u64, step: Span) -> Self {
        assert!(step > Span::ZERO, "a step takes time");
        Self {
            left: steps,
            step,
            ahead: 0,
        }
    }

    /// Steps left.
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// The least working time in which the next so many steps are done; all that are left, if it is so many or more.
    pub fn span_of(&self, steps: u64, on: &Footing) -> Span {
        let rate = u128::from(on.rate_ppb);
        let us = match (steps, steps < self.left) {
            (0, _) => 0,
            (_, true) => (self.work_of(steps) / rate).max(1),
            (_, false) => self.work_left().div_ceil(rate),
        };
        let us = u64::try_from(us).ok().and_then(Span::from_us);
        us.unwrap_or(Span::MAX)
    }

    pub(super) fn work_left(&self) -> u128 {
        self.work_of(self.left)
    }

    /// Credits an attempt that worked at several rates, piece by piece; returns how much of its working time was of use.
    pub(super) fn advance_in(&mut self, pieces: &[Piece]) -> Span {
        let last = pieces.iter().rfind(|piece| piece.us > 0);
        let Some(last) = last else { return Span::ZERO };
        let done: u128 = pieces.iter().map(Piece::work).sum();
        let steps = self.steps_in(done, last.rate_ppb);
        if steps == 0 {
            return Span::ZERO;
        }
        let needed = self.work_of(steps);
        let (mut us, mut done) = (0, 0);
        for piece in pieces {
            let rate = u128::from(piece.rate_ppb);
            let taken = (needed.saturating_sub(done)).div_ceil(rate);
            let taken = u64::try_from(taken).map_or(piece.us, |taken| taken.min(piece.us));
            (us, done) = (us + taken, done + u128::from(taken) * rate);
        }
        self.left -= steps;
        let less = |a: u128, b| i64::try_from(a - b).expect("less than a microsecond's");
        self.ahead = if done >= needed {
            less(done, needed)
        } else {
            -less(needed, done)
        };
        Span::from_us(us).expect("part of the run")
    }

    /// Steps that this much work does, if its last microsecond is at this rate.
    fn steps_in(&self, done: u128, rate: u64) -> u64 {
        if done >= self.work_left() {
            return self.left;
        }
        let ahead = i128::from(self.ahead) + i128::from(rate - 1);
        let steps = done.saturating_add_signed(ahead) / self.step_ppb();
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        steps.min(self.left - 1)
    }

    /// Work of the next so many steps.
    fn work_of(&self, steps: u64) -> u128 {
        let work = self.step_ppb().saturating_mul(u128::from(steps));
        work.saturating_add_signed(-i128::from(self.ahead))
    }

    /// Length of a step times a billion, at unit rate: divided by a rate it is microseconds.
    fn step_ppb(&self) -> u128 {
        u128::from(self.step.us()) * u128::from(UNIT_RATE)
    }
}

impl Course for Stepwise {
    fn next(&self, on: &Footing) -> Change {
        Change::Done(self.span_of(self.left, on))
    }

    fn advance(&mut self, span: Span, on: &Footing) -> Span {
        let (us, rate_ppb) = (span.us(), on.rate_ppb);
        self.advance_in(&[Piece { us, rate_ppb }])
    }

    fn telemetry(&self, on: &Footing) -> Telemetry {
        let rate = u128::from(on.rate_ppb) * 1_000_000 / u128::from(self.step.us());
        Telemetry {
            rate_ppb: u64::try_from(rate).unwrap_or(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Reach;

    fn at(rate_ppb: u64) -> Footing {
        Footing {
            model: None,
            gpus: 1,
            reach: Reach::Node,
            rate_ppb,
            compute_ppb: rate_ppb,
        }
    }

    #[test]
    fn a_step_cut_short_is_lost() {
        let on = at(UNIT_RATE / 2);
        let mut course = Stepwise::new(10, Span::from_secs(1));
        assert_eq!(course.next(&on), Change::Done(Span::from_secs(20)));
        assert_eq!(course.advance(Span::from_secs(5), &on), Span::from_secs(4));
        assert_eq!(course.next(&on), Change::Done(Span::from_secs(16)));
    }

    #[test]
    fn the_clock_does_not_count_against_who_is_stopped() {
        // Ten steps of 10 us at seven tenths of the unit rate: 142.86 us.
        let on = at(700_000_000);
        let us = |us| Span::from_us(us).expect("short");
        let new = || Stepwise::new(10, us(10));
        assert_eq!(new().next(&on), Change::Done(us(143)));
        // The first step takes 14.29 us: it is done after 14, and not after 13.
        let mut course = new();
        assert_eq!(course.advance(us(13), &on), Span::ZERO);
        assert_eq!(course.advance(us(14), &on), us(14));
        assert_eq!((course.left(), course.ahead), (9, -200_000_000));
        // What comes after the microsecond in which a step ends is lost.
        let mut course = new();
        assert_eq!(course.advance(us(20), &on), us(15));
        assert_eq!((course.left(), course.ahead), (9, 500_000_000));
        // Of the last step nothing is given.
        let mut course = Stepwise::new(1, us(10));
        assert_eq!(course.advance(us(14), &on), Span::ZERO);
        assert_eq!(course.left(), 1);
        // One attempt for each step.
        let (mut course, mut took) = (new(), 0);
        while course.left() > 0 {
            let due = course.span_of(1, &on);
            assert_eq!(course.advance(due, &on), due);
            took += due.us();
        }
        assert_eq!(took, 143);
    }
}

//! The stepwise course: only whole steps count, as in a training loop that saves between steps.

use super::{Change, Course, Footing, Telemetry, UNIT_RATE};
use crate::units::Span;

/// Steps left, and how long one takes at unit rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepwise {
    left: u64,
    step: Span,
}

impl Stepwise {
    /// `steps` steps of `step` at unit rate. Panics on a step of no length.
    pub fn new(steps: u64, step: Span) -> Self {
        assert!(step > Span::ZERO, "a step takes time");
        Self { left: steps, step }
    }

    /// Steps left.
    pub const fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn work_left(&self) -> u128 {
        self.step_ppb().saturating_mul(u128::from(self.left))
    }

    /// Credits work; returns what of it was whole steps.
    pub(super) fn credit(&mut self, done: u128) -> u128 {
        let steps = done / self.step_ppb();
        let counted = u64::try_from(steps).unwrap_or(u64::MAX);
        self.left = self.left.saturating_sub(counted);
        steps * self.step_ppb()
    }

    /// Length of a step times a billion, at unit rate: divided by a rate it is microseconds.
    fn step_ppb(&self) -> u128 {
        u128::from(self.step.us()) * u128::from(UNIT_RATE)
    }
}

impl Course for Stepwise {
    fn next(&self, on: &Footing) -> Change {
        let us = self.work_left().div_ceil(u128::from(on.rate_ppb));
        Change::Done(
            u64::try_from(us)
                .ok()
                .and_then(Span::from_us)
                .unwrap_or(Span::MAX),
        )
    }

    fn advance(&mut self, span: Span, on: &Footing) -> Span {
        let rate = u128::from(on.rate_ppb);
        let steps = u128::from(span.us()) * rate / self.step_ppb();
        self.left = self
            .left
            .saturating_sub(u64::try_from(steps).unwrap_or(u64::MAX));
        let of_use = (steps * self.step_ppb()).div_ceil(rate);
        u64::try_from(of_use)
            .ok()
            .and_then(Span::from_us)
            .expect("no longer than the span")
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

    #[test]
    fn a_step_cut_short_is_lost() {
        let on = Footing {
            model: None,
            gpus: 1,
            reach: Reach::Node,
            rate_ppb: UNIT_RATE / 2,
            compute_ppb: UNIT_RATE / 2,
        };
        let mut course = Stepwise::new(10, Span::from_secs(1));
        assert_eq!(course.next(&on), Change::Done(Span::from_secs(20)));
        assert_eq!(course.advance(Span::from_secs(5), &on), Span::from_secs(4));
        assert_eq!(course.next(&on), Change::Done(Span::from_secs(16)));
    }
}

//! The linear course: work over a rate, in exact integers.

use super::{Change, Course, Footing, Piece, Telemetry, UNIT_RATE};
use crate::units::Span;

/// Work left, in microseconds x parts per billion, so that any sequence of rates adds up exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear {
    left: u128,
}

impl Linear {
    /// `work` microseconds at unit rate.
    pub fn new(work: u64) -> Self {
        Self {
            left: u128::from(work) * u128::from(UNIT_RATE),
        }
    }

    pub(super) const fn work_left(&self) -> u128 {
        self.left
    }

    /// Credits an attempt that worked at several rates; all of it is of use.
    pub(super) fn advance_in(&mut self, pieces: &[Piece]) -> Span {
        let done: u128 = pieces.iter().map(Piece::work).sum();
        self.left = self.left.saturating_sub(done);
        Span::from_us(pieces.iter().map(|piece| piece.us).sum()).expect("part of the run")
    }
}

impl Course for Linear {
    fn next(&self, on: &Footing) -> Change {
        let us = self.left.div_ceil(u128::from(on.rate_ppb));
        Change::Done(
            u64::try_from(us)
                .ok()
                .and_then(Span::from_us)
                .unwrap_or(Span::MAX),
        )
    }

    fn advance(&mut self, span: Span, on: &Footing) -> Span {
        let done = u128::from(span.us()) * u128::from(on.rate_ppb);
        self.left = self.left.saturating_sub(done);
        span
    }

    fn telemetry(&self, on: &Footing) -> Telemetry {
        Telemetry {
            rate_ppb: on.rate_ppb,
        }
    }
}

//! When to scan: at multiples of an interval, and only where something calls for it.

use sim_core::engine::Change;
use sim_core::units::{SimTime, Span};

/// The clock of scans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    every: Span,
    last: Option<SimTime>,
    next: Option<SimTime>,
    /// Whether anything has happened since the last one.
    news: bool,
}

impl Clock {
    /// None was made.
    pub(crate) fn new(every: Span) -> Self {
        Self {
            every,
            last: None,
            next: None,
            news: false,
        }
    }

    /// From a scan to the next.
    pub(super) fn every(&self) -> Span {
        self.every
    }

    /// Takes note of what happened; returns whether anything has since the last scan.
    pub(super) fn heed(&mut self, changes: &[Change]) -> bool {
        self.news |= changes.iter().any(|change| *change != Change::Woken);
        self.news
    }

    /// Something calls for a scan as soon as may be.
    pub(super) fn call(&mut self, now: SimTime) {
        let last = self.last.map(|at| at.saturating_add(self.every));
        self.set(last.map(|last| last.max(now)).or(Some(now)));
    }

    /// Something calls for one at that instant.
    pub(super) fn set(&mut self, at: Option<SimTime>) {
        let at = at.map(|at| at.round_up(self.every));
        self.next = self.next.into_iter().chain(at).min();
    }

    /// Whether one is due, which is made then; and if so, whether anything has happened since the one before.
    pub(super) fn strike(&mut self, now: SimTime) -> Option<bool> {
        self.next.filter(|at| *at <= now)?;
        self.next = None;
        self.last = Some(now);
        Some(std::mem::take(&mut self.news))
    }

    /// When the next one is.
    pub(super) fn next(&self) -> Option<SimTime> {
        self.next
    }
}

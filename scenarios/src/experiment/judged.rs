//! What counts of a run, and how a job is judged.

use sim_core::units::{SimTime, Span};
use sim_core::watch::{Outcome, Row};

/// What counts, and what was promised.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// What happens before does not count.
    pub warmup: SimTime,
    /// What is submitted in this last stretch does not count.
    pub tail: Span,
    /// Longest wait promised.
    pub wait: Option<Span>,
}

impl Window {
    /// Whether a job counts in a run that ended at `end`: it was submitted neither too early nor too late.
    pub fn counts(&self, row: &Row, end: SimTime) -> bool {
        let until = end.us().saturating_sub(self.tail.us());
        row.submit >= self.warmup && row.submit.us() <= until
    }
}

/// Time from submission to completion.
pub(super) fn jct(row: &Row) -> Option<Span> {
    let finish = row
        .finish
        .get()
        .filter(|_| row.outcome == Outcome::Completed)?;
    Some(finish.since(row.submit))
}

/// Time from submission to the first start.
pub(super) fn wait(row: &Row) -> Option<Span> {
    Some(row.start.get()?.since(row.submit))
}

/// Whether a promise was broken; none was made to a job without a deadline where no wait is promised.
pub(super) fn is_violated(row: &Row, window: &Window, end: SimTime) -> Option<bool> {
    let late = row
        .deadline
        .get()
        .map(|deadline| match (row.outcome, row.finish.get()) {
            (Outcome::Completed, Some(finish)) => finish > deadline,
            (Outcome::Rejected, _) => true,
            (Outcome::Completed | Outcome::Unfinished | Outcome::Retired, _) => end > deadline,
        });
    let kept_waiting = window.wait.map(|promised| {
        let waited = row.start.get().unwrap_or(end).since(row.submit);
        row.outcome == Outcome::Rejected || waited > promised
    });
    match (late, kept_waiting) {
        (None, None) => None,
        (late, kept_waiting) => Some(late.unwrap_or(false) || kept_waiting.unwrap_or(false)),
    }
}

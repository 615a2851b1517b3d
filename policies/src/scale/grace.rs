//! Scale-down grace: fewer replicas only after another scaler has wanted no more than those for a while.

use std::collections::VecDeque;

use sim_core::units::{SimTime, Span};

use super::{Scaler, Seen};

/// Another scaler, whose replicas stay for a grace.
pub struct Grace {
    inner: Box<dyn Scaler + Send>,
    length: Span,
    /// What was wanted within the grace, without what a later answer outdid: the numbers fall.
    recent: VecDeque<(SimTime, u32)>,
}

impl Grace {
    /// As many as `inner` wanted at most within `grace`, usually 15 to 30 min.
    pub fn new(inner: Box<dyn Scaler + Send>, grace: Span) -> Self {
        Self {
            inner,
            length: grace,
            recent: VecDeque::new(),
        }
    }
}

impl Scaler for Grace {
    fn name(&self) -> &'static str {
        "grace"
    }

    fn reveal(&mut self, instants: &mut dyn Iterator<Item = SimTime>) {
        self.inner.reveal(instants);
    }

    fn interval(&self) -> Span {
        self.inner.interval()
    }

    fn want(&mut self, seen: &Seen) -> u32 {
        let want = self.inner.want(seen);
        while self.recent.back().is_some_and(|(_, older)| *older <= want) {
            self.recent.pop_back();
        }
        self.recent.push_back((seen.now, want));
        let is_over = |at: SimTime| at.saturating_add(self.length) < seen.now;
        while self.recent.front().is_some_and(|(at, _)| is_over(*at)) {
            self.recent.pop_front();
        }
        self.recent.front().map_or(want, |(_, most)| *most)
    }

    fn fork(&self) -> Box<dyn Scaler + Send> {
        Box::new(Self {
            inner: self.inner.fork(),
            length: self.length,
            recent: self.recent.clone(),
        })
    }
}

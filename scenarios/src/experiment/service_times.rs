//! Requests over time: how many came in each stretch of a run, and how long they took.

use sim_core::units::{SimTime, Span, convert};
use sim_core::watch::{Fact, Observer};

use super::histogram::Histogram;

/// Stretches of a run, about: so many points has a line of a figure.
const STRETCHES: u64 = 144;

/// Requests of all services together, by when they came.
#[derive(Clone, Debug)]
pub struct Stretches {
    /// Length of each.
    pub length: Span,
    /// From time zero on.
    pub all: Vec<Stretch>,
}

/// A stretch.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// Requests that came in it, and ended.
    pub ended: u64,
    /// From arrival to the end, in microseconds, of those that were answered.
    pub latency: Histogram,
}

impl Stretches {
    /// Of a run of this length.
    pub(super) fn of(end: SimTime) -> Self {
        let length = Span::from_us(end.us().div_ceil(STRETCHES)).unwrap_or(Span::MAX);
        let length = length.max(Span::from_secs(1));
        Self {
            length,
            all: Vec::new(),
        }
    }
}

impl Observer for Stretches {
    fn observe(&mut self, _: SimTime, fact: &Fact<'_>) {
        let Fact::Request { completion, .. } = fact else {
            return;
        };
        let arrived = completion.request.arrived.us();
        let at = usize::try_from(arrived / self.length.us()).expect("few");
        if at >= self.all.len() {
            self.all.resize_with(at + 1, Stretch::default);
        }
        let stretch = &mut self.all[at];
        stretch.ended += 1;
        if let Some(latency) = completion.latency() {
            stretch.latency.add(latency.us());
        }
    }
}

impl Stretch {
    /// Seconds that so many per mille of the answers did not take longer than; none where there is none.
    pub(super) fn latency_s(&self, per_mille: u64) -> Option<f64> {
        let us = self.latency.quantile(per_mille)?;
        Some(convert::real(us) / 1e6)
    }
}

//! Requests over time: how many came in each stretch of a run, and how long they took.

use sim_core::engine::World;
use sim_core::units::{SimTime, Span, convert};
use sim_core::watch::{Fact, Observer};

use super::histogram::Histogram;
use super::services::serves_tokens;

/// Stretches of a run, about: so many points has a line of a figure.
const STRETCHES: u64 = 144;

/// Requests of all services together, by when they came.
#[derive(Clone, Debug)]
pub struct Stretches {
    /// Length of each.
    pub length: Span,
    /// From time zero on.
    pub all: Vec<Stretch>,
    /// By service, whether it serves tokens.
    by_tokens: Vec<bool>,
}

/// A stretch.
#[derive(Clone, Debug, Default)]
pub struct Stretch {
    /// Requests that came in it, and ended.
    pub ended: u64,
    /// From arrival to the end, in microseconds, of those that were answered.
    pub latency: Histogram,
    /// From arrival to the first token, in microseconds, of services that serve tokens.
    pub first_token: Histogram,
    /// Between tokens after the first, in microseconds, likewise.
    pub per_token: Histogram,
}

impl Stretches {
    /// Of a run of this length.
    pub(super) fn of(world: &World, end: SimTime) -> Self {
        let length = Span::from_us(end.us().div_ceil(STRETCHES)).unwrap_or(Span::MAX);
        let length = length.max(Span::from_secs(1));
        Self {
            length,
            all: Vec::new(),
            by_tokens: (0..world.services.len())
                .map(|service| serves_tokens(world, service))
                .collect(),
        }
    }
}

impl Observer for Stretches {
    fn observe(&mut self, _: SimTime, fact: &Fact<'_>) {
        let Fact::Request {
            service,
            completion,
        } = fact
        else {
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
        if !self.by_tokens[service.index()] {
            return;
        }
        if let Some(first) = completion.to_first_token() {
            stretch.first_token.add(first.us());
        }
        if let Some((span, tokens)) = completion.generation() {
            stretch.per_token.add(span.us() / tokens);
        }
    }
}

/// Seconds that 50, 95 and 99 % of some microseconds are not above; none of nothing.
pub(super) fn percentiles_s(times: &Histogram) -> Option<[f64; 3]> {
    let [median, high, highest] = [500, 950, 990].map(|per_mille| times.quantile(per_mille));
    Some([median?, high?, highest?].map(|us| convert::real(us) / 1e6))
}

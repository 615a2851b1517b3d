//! Services of rates: what became of as many requests as are expected, in doubles until the run is over.

use sim_core::engine::World;
use sim_core::serve::Objective;
use sim_core::serve::fluid::{Answer, Demand, Flow, Kinds, Passed};
use sim_core::units::{ServiceId, SimTime, Span, convert};

use super::histogram::WHOLE;
use super::number::{real, secs};
use super::services::Tally;

/// What has flowed within the window.
#[derive(Clone, Debug)]
pub(super) struct Flows {
    kinds: Kinds,
    demand: Demand,
    dropped: f64,
    served: f64,
    /// Of those served, by what was kept of the objective: first token, tokens, whole, all.
    kept: [f64; 4],
    tally: Tally,
}

impl Flows {
    /// Of a service, if it is one of rates.
    pub(super) fn of(world: &World, service: ServiceId) -> Option<Self> {
        let inflow = world.services[service.index()].fluid.as_ref()?;
        let mut sets = world.sets.iter();
        let set = sets.find(|set| set.service == service)?;
        Some(Self {
            kinds: Kinds::of(&set.serving, inflow),
            demand: *inflow.demand(),
            dropped: 0.0,
            served: 0.0,
            kept: [0.0; 4],
            tally: Tally::default(),
        })
    }

    /// Counts the part of a stretch that lies between two instants.
    pub(super) fn count(
        &mut self,
        promise: &Objective,
        passed: &Passed,
        (from, until): (SimTime, SimTime),
    ) {
        let (from, until) = (from.max(passed.from), until.min(passed.to));
        if until <= from {
            return;
        }
        let share = secs(until.since(from)) / secs(passed.to.since(passed.from));
        let flow = &passed.flow;
        self.dropped += share * flow.dropped;
        self.served += share * flow.served;
        self.answers(promise, flow, share);
    }

    fn answers(&mut self, promise: &Objective, flow: &Flow, share: f64) {
        let bounds = Bounds::of(promise);
        let (kept, tally) = (&mut self.kept, &mut self.tally);
        self.kinds.answers(flow, &mut |weight, answer| {
            let weight = share * weight;
            for (sum, keeps) in kept.iter_mut().zip(bounds.kept(&answer)) {
                *sum += if keeps { weight } else { 0.0 };
            }
            let parts = convert::floor(weight * real(WHOLE) + 0.5);
            tally.latency.weigh(us(answer.whole_s), parts);
            tally.first_token.weigh(us(answer.first_s), parts);
            if let Some(per_token_s) = answer.per_token_s {
                let ns = convert::floor(per_token_s * 1e9 + 0.5);
                tally.per_token.weigh(ns, parts);
            }
        });
    }

    /// As whole requests.
    pub(super) fn finish(self) -> Tally {
        let whole = |count: f64| convert::floor(count + 0.5);
        let mut tally = self.tally;
        let attainment = &mut tally.attainment;
        attainment.answered = whole(self.served);
        attainment.ended = attainment.answered + whole(self.dropped);
        let kept = self.kept.map(|count| whole(count).min(attainment.answered));
        let [first_token, per_token, in_time, met] = kept;
        (attainment.first_token, attainment.per_token) = (first_token, per_token);
        (attainment.whole, attainment.met) = (in_time, met);
        tally.input_tokens = whole(self.served * self.demand.input);
        tally.output_tokens = whole(self.served * self.demand.output);
        tally
    }
}

/// An objective in seconds; what is not promised is kept.
struct Bounds([f64; 3]);

impl Bounds {
    fn of(promise: &Objective) -> Self {
        let bound = |span: Option<Span>| span.map_or(f64::INFINITY, secs);
        Self([promise.first_token, promise.per_token, promise.whole].map(bound))
    }

    /// Whether first token, tokens, the whole, and all are in time.
    fn kept(&self, answer: &Answer) -> [bool; 4] {
        let first = answer.first_s <= self.0[0];
        let tokens = answer.per_token_s.is_none_or(|each| each <= self.0[1]);
        let whole = answer.whole_s <= self.0[2];
        [first, tokens, whole, first && tokens && whole]
    }
}

/// Microseconds, to the nearest.
fn us(seconds: f64) -> u64 {
    convert::floor(seconds * 1e6 + 0.5)
}

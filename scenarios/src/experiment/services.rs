//! Services over time: what became of their requests, told from the facts alone, and what that cost.

use sim_core::engine::World;
use sim_core::serve::{Attainment, Completion, End, Objective, Serving};
use sim_core::units::{Money, ServiceId, SimTime};
use sim_core::watch::{Fact, Observer, Record, Row};

use super::flows::Flows;
use super::histogram::Histogram;
use super::judged::Window;
use super::measured::usd;
use super::number::{hours, ratio, real};
use crate::schema::Scenario;

/// Most requests of a run that `requests.csv` holds, the first that ended.
pub const MOST_REQUESTS: usize = 1_000_000;

/// What became of the requests of a service that came within the window.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By what was kept of the objective.
    pub attainment: Attainment,
    /// Of those that were answered, the ones by the cache.
    pub cached: u64,
    /// Prompt tokens of those that replicas served.
    pub input_tokens: u64,
    /// Answer tokens of those that replicas served.
    pub output_tokens: u64,
    /// From arrival to the end, in microseconds, of those that were answered.
    pub latency: Histogram,
    /// From arrival to the first token, in microseconds.
    pub first_token: Histogram,
    /// Between tokens after the first, in nanoseconds.
    pub per_token: Histogram,
    /// What the answers of replicas are worth, in parts per million, summed.
    pub quality_ppm: u64,
}

/// Watches requests end.
#[derive(Clone, Debug)]
pub struct Services {
    promises: Vec<Objective>,
    tallies: Vec<Tally>,
    /// By service, if it is one of rates.
    flows: Vec<Option<Flows>>,
    from: SimTime,
    until: SimTime,
    /// The first that ended, if they are asked for.
    kept: Vec<(ServiceId, Completion)>,
    most: usize,
}

/// What a service came to, or all of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Requests that ended.
    pub requests: u64,
    /// Those that were dropped, over all.
    pub error_rate: Option<f64>,
    /// Those that the cache answered, over all.
    pub cached: Option<f64>,
    /// Those that kept the whole objective, over all.
    pub attainment: Option<f64>,
    /// Seconds from arrival to the end: half, 95 % and 99 % are not above.
    pub latency_s: [Option<f64>; 3],
    /// The same to the first token.
    pub ttft_s: [Option<f64>; 3],
    /// The same between tokens.
    pub tpot_s: [Option<f64>; 3],
    /// What an answer of a replica is worth, on average; a cache gives again what one has made.
    pub quality: Option<f64>,
    /// Tokens of prompts and answers that replicas served.
    pub tokens: u64,
    /// Dollars for a million of them; none where nobody serves by tokens.
    pub per_million_tokens: Option<f64>,
    /// What its replicas held, in dollars.
    pub cost: f64,
    /// Time of replicas on their nodes, in hours.
    pub replica_hours: f64,
    /// Replicas on their nodes, on average over the run.
    pub replicas: Option<f64>,
}

impl Services {
    /// Nothing has happened yet; none where there is no service. Requests are kept one by one where `keep` says so.
    pub(super) fn of(
        scenario: &Scenario,
        world: &World,
        (window, keep): (Window, bool),
    ) -> Option<Self> {
        let end = world.end.filter(|_| !world.services.is_empty())?;
        let until = end.us().saturating_sub(window.tail.us());
        Some(Self {
            promises: scenario.services.iter().map(|own| own.promise).collect(),
            tallies: vec![Tally::default(); world.services.len()],
            flows: (0..)
                .map(ServiceId)
                .take(world.services.len())
                .map(|service| Flows::of(world, service))
                .collect(),
            from: window.warmup,
            until: SimTime::from_us(until).expect("earlier than the end"),
            kept: Vec::new(),
            most: if keep { MOST_REQUESTS } else { 0 },
        })
    }

    /// By service, what became of its requests; and the first requests that ended, if they were asked for.
    pub(super) fn finish(self) -> (Vec<Tally>, Vec<(ServiceId, Completion)>) {
        let both = self.tallies.into_iter().zip(self.flows);
        let tallies = both.map(|(tally, flows)| flows.map_or(tally, Flows::finish));
        (tallies.collect(), self.kept)
    }
}

impl Observer for Services {
    fn observe(&mut self, _: SimTime, fact: &Fact<'_>) {
        if let Fact::Flow { service, passed } = fact
            && let Some(flows) = &mut self.flows[service.index()]
        {
            let promise = &self.promises[service.index()];
            flows.count(promise, passed, (self.from, self.until));
        }
        let Fact::Request {
            service,
            completion,
        } = fact
        else {
            return;
        };
        if self.kept.len() < self.most {
            self.kept.push((*service, **completion));
        }
        let arrived = completion.request.arrived;
        if arrived >= self.from && arrived <= self.until {
            let promise = &self.promises[service.index()];
            self.tallies[service.index()].count(promise, completion);
        }
    }
}

impl Tally {
    fn count(&mut self, promise: &Objective, completion: &Completion) {
        self.attainment.count(promise, completion);
        if let Some(latency) = completion.latency() {
            self.latency.add(latency.us());
        }
        if let Some(first) = completion.to_first_token() {
            self.first_token.add(first.us());
        }
        if let Some((span, tokens)) = completion.generation() {
            self.per_token.add(span.us().saturating_mul(1000) / tokens);
        }
        match completion.end {
            End::Served { quality_ppm, .. } => {
                self.quality_ppm += u64::from(quality_ppm);
                let counts = completion.request.counts;
                self.input_tokens += u64::from(counts.input);
                self.output_tokens += u64::from(counts.output);
            }
            End::Cached { .. } => self.cached += 1,
            End::Dropped { .. } => {}
        }
    }

    fn merge(&mut self, other: &Self) {
        self.attainment.merge(&other.attainment);
        self.cached += other.cached;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.latency.merge(&other.latency);
        self.first_token.merge(&other.first_token);
        self.per_token.merge(&other.per_token);
        self.quality_ppm += other.quality_ppm;
    }
}

impl Totals {
    /// Of one service; its replicas are those of its sets' classes.
    pub fn of_service(world: &World, record: &Record, (at, tally): (usize, &Tally)) -> Self {
        let sets = world.sets.iter().filter(|set| set.service.index() == at);
        let classes: Vec<_> = sets.map(|set| set.replica.class).collect();
        let own = Self::of(tally, record, |row| classes.contains(&row.class));
        let million = ratio(own.cost, real(own.tokens) / 1e6);
        Self {
            per_million_tokens: million.filter(|_| serves_tokens(world, at)),
            ..own
        }
    }

    /// Of all services together.
    pub(super) fn of_all(world: &World, record: &Record, tallies: &[Tally]) -> Self {
        let mut all = Tally::default();
        // Requests have tokens wherever they go; they are paid for where tokens are served.
        let (mut cost, mut tokens) = (0.0, 0);
        for (at, tally) in tallies.iter().enumerate() {
            all.merge(tally);
            if serves_tokens(world, at) {
                let own = Self::of_service(world, record, (at, tally));
                cost += own.cost;
                tokens += own.tokens;
            }
        }
        Self {
            per_million_tokens: ratio(cost, real(tokens) / 1e6),
            ..Self::of(&all, record, |_| true)
        }
    }

    fn of(tally: &Tally, record: &Record, owns: impl Fn(&Row) -> bool) -> Self {
        let kept = &tally.attainment;
        let share = |count: u64| ratio(real(count), real(kept.ended));
        let quantiles = |histogram: &Histogram, unit: f64| {
            [500, 950, 990].map(|at| Some(real(histogram.quantile(at)?) / unit))
        };
        let own = record.replicas.iter().filter(|row| owns(row));
        let (mut cost, mut held) = (Money::ZERO, 0);
        for row in own {
            cost += Money::from_nanousd(row.cost_nanousd.into());
            held += u128::from(row.run.us());
        }
        let whole = u128::from(record.end.us());
        let made = kept.answered - tally.cached;
        Self {
            requests: kept.ended,
            error_rate: share(kept.ended - kept.answered),
            cached: share(tally.cached),
            attainment: share(kept.met),
            latency_s: quantiles(&tally.latency, 1e6),
            ttft_s: quantiles(&tally.first_token, 1e6),
            tpot_s: quantiles(&tally.per_token, 1e9),
            quality: ratio(real(tally.quality_ppm) / 1e6, real(made)),
            tokens: tally.input_tokens + tally.output_tokens,
            per_million_tokens: None,
            cost: usd(cost),
            replica_hours: hours(held),
            replicas: ratio(hours(held), hours(whole)),
        }
    }

    /// Dollars for a request that got its answer.
    pub fn per_request(&self) -> Option<f64> {
        let answered = real(self.requests) * (1.0 - self.error_rate?);
        ratio(self.cost, answered)
    }
}

/// Whether a service is served token by token, by all of its replicas.
pub(super) fn serves_tokens(world: &World, service: usize) -> bool {
    let mut own = world
        .sets
        .iter()
        .filter(|set| set.service.index() == service);
    own.all(|set| matches!(set.serving, Serving::Iteration(_)))
}

//! A service's pool: a cache, a line, a router and the replicas behind it, which come and go.
//!
//! Everything is told to it with the instant at which it happens, in order; what becomes of a request is told back once, by a
//! [`Completion`]. A request that finds no replica with room waits in a common line, first come, first served. Whoever was in
//! a replica that is lost begins anew elsewhere, as often as it may. Where prompts and answers are served apart, a request
//! goes through both groups, and its tokens' memory moves from one to the other in between.

mod group;

use std::collections::BTreeMap;

use group::Group;

use super::cache::{Cache, Caching};
use super::request::{Completion, End, Luck, Reason, ReplicaId, Request, RequestId};
use super::request::{Served, Stage, Task};
use super::router::{Router, Routing};
use super::station::{Gauge, Station};
use crate::units::{SimTime, Span, convert};

/// What a pool is made of, its replicas apart.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolModel {
    /// Its luck.
    pub luck: Luck,
    /// How requests are spread.
    pub routing: Routing,
    /// Answers that are kept.
    pub caching: Option<Caching>,
    /// Requests that may wait for a replica with room, beside those that wait in replicas.
    pub line: Option<u32>,
    /// How long a request waits for that from its arrival on.
    pub patience: Option<Span>,
    /// How often a request begins anew when its replica is lost.
    pub retries: u32,
    /// Prompts and answers are served apart, at this cost.
    pub transfer: Option<Transfer>,
}

impl PoolModel {
    /// Of which nothing is said but its luck: to whoever has least to do; nothing is kept, nobody gives up, and who loses its
    /// replica is dropped.
    pub fn plain(luck: Luck) -> Self {
        Self {
            luck,
            routing: Routing::LeastOutstanding,
            caching: None,
            line: None,
            patience: None,
            retries: 0,
            transfer: None,
        }
    }
}

/// What it takes to move the memory of a prompt's tokens to another replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Whatever the size.
    pub fixed: Span,
    /// For each token, in nanoseconds.
    pub per_token_ns: u64,
}

/// What a replica of a pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Whole requests, in a pool without transfers.
    Whole,
    /// Prompts.
    Prefill,
    /// Answers.
    Decode,
}

/// Counts since they were last taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests that came.
    pub arrived: u64,
    /// Requests that replicas served.
    pub served: u64,
    /// Requests that the cache answered.
    pub cached: u64,
    /// Requests that were dropped.
    pub dropped: u64,
    /// Requests that began anew.
    pub retried: u64,
    /// Prompt tokens of those that replicas served.
    pub input_tokens: u64,
    /// Answer tokens of those that replicas served.
    pub output_tokens: u64,
}

/// A pool at work.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    model: PoolModel,
    cache: Option<Cache>,
    /// Whoever serves whole requests, or prompts.
    front: Group,
    /// Whoever serves answers.
    back: Group,
    /// Answers on their way to the back, by the instant at which they are there.
    moving: BTreeMap<(SimTime, RequestId), Task>,
    /// How often each request that is inside has lost its replica.
    lost: BTreeMap<RequestId, u32>,
    traffic: Traffic,
    now: SimTime,
    /// Room for what one step brings.
    served: Vec<(ReplicaId, Served)>,
}

impl Pool {
    /// A pool without replicas. Panics on a cache that [`Caching::check`] refuses.
    pub fn new(model: PoolModel) -> Self {
        let router = || Router::new(model.routing, model.luck.clone());
        let cache = model.caching.as_ref().map(|caching| {
            caching
                .check()
                .expect("parameters were checked where they were read");
            Cache::new(caching.clone(), model.luck.clone())
        });
        Self {
            cache,
            front: Group::new(router()),
            back: Group::new(router()),
            moving: BTreeMap::new(),
            lost: BTreeMap::new(),
            traffic: Traffic::default(),
            now: SimTime::ZERO,
            served: Vec::new(),
            model,
        }
    }

    /// A replica is ready at `now`. Panics on a number that is taken, or a role that the pool does not have.
    pub fn add(
        &mut self,
        now: SimTime,
        (replica, role): (ReplicaId, Role),
        station: Station,
        sink: &mut impl FnMut(Completion),
    ) {
        self.advance(now, sink);
        let split = self.model.transfer.is_some();
        let group = match role {
            Role::Whole | Role::Prefill => &mut self.front,
            Role::Decode => &mut self.back,
        };
        assert!(split != (role == Role::Whole), "a role that the pool has");
        group.add(replica, station);
        self.dispatch(now, sink);
    }

    /// From now on the replica takes nobody; whoever is inside is served. False if there is none of that number.
    pub fn drain(&mut self, replica: ReplicaId) -> bool {
        self.front.drain(replica) || self.back.drain(replica)
    }

    /// The replica is gone at `now`; whoever is inside begins anew, or is dropped. Of a drained and empty one nobody is.
    pub fn lose(&mut self, now: SimTime, replica: ReplicaId, sink: &mut impl FnMut(Completion)) {
        self.advance(now, sink);
        let inside = self
            .front
            .remove(replica)
            .or_else(|| self.back.remove(replica));
        for task in inside.unwrap_or_default() {
            let request = task.request;
            let lost = self.lost.entry(request.id).or_default();
            *lost += 1;
            if *lost > self.model.retries {
                self.drop(request, Reason::Lost, sink);
            } else {
                self.traffic.retried += 1;
                self.front.queue(self.task(request));
            }
        }
        self.dispatch(now, sink);
    }

    /// A request comes at `now`. An answer from the cache is told of at once, whenever it is there.
    pub fn arrive(&mut self, now: SimTime, request: Request, sink: &mut impl FnMut(Completion)) {
        self.advance(now, sink);
        self.traffic.arrived += 1;
        let found = self
            .cache
            .as_mut()
            .and_then(|cache| cache.find(now, &request));
        if let Some(latency) = found {
            self.traffic.cached += 1;
            let done = now.saturating_add(latency);
            let end = End::Cached { done };
            sink(Completion { request, end });
            return;
        }
        self.front.queue(self.task(request));
        self.dispatch(now, sink);
    }

    /// When something next happens by itself, if it does.
    pub fn next(&self) -> Option<SimTime> {
        let moving = self.moving.first_key_value().map(|((at, _), _)| *at);
        let ends = [self.front.next(), self.back.next(), moving, self.deadline()];
        ends.into_iter().flatten().min()
    }

    /// Goes on to `now`.
    pub fn advance(&mut self, now: SimTime, sink: &mut impl FnMut(Completion)) {
        assert!(now >= self.now, "time runs forward");
        while let Some(at) = self.next().filter(|at| *at <= now) {
            self.now = at;
            self.step(at, sink);
        }
        self.now = now;
    }

    /// Counts since they were last taken.
    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Counts since this was last asked.
    pub fn take_traffic(&mut self) -> Traffic {
        std::mem::take(&mut self.traffic)
    }

    /// Requests inside a replica; `None` if there is none of that number.
    pub fn outstanding(&self, replica: ReplicaId) -> Option<u32> {
        let front = self.front.outstanding(replica);
        front.or_else(|| self.back.outstanding(replica))
    }

    /// When a replica next changes by itself, if it does. What of a drained one comes to be does not depend on the others.
    pub fn next_of(&self, replica: ReplicaId) -> Option<SimTime> {
        let front = self.front.next_of(replica);
        front.or_else(|| self.back.next_of(replica))
    }

    /// What can be read off a replica now.
    pub fn load_of(&self, replica: ReplicaId) -> Option<Gauge> {
        let front = self.front.load_of(replica, self.now);
        front.or_else(|| self.back.load_of(replica, self.now))
    }

    /// What can be read off all together now, lines included.
    pub fn load(&self) -> Gauge {
        let mut all = self.front.load(self.now).and(self.back.load(self.now));
        all.waiting += convert::narrow(self.moving.len());
        all
    }

    /// Requests in the common lines.
    pub fn line(&self) -> usize {
        self.front.line().len() + self.back.line().len()
    }

    /// What happens at `at`: ends, then arrivals at the back, then whoever finds room.
    fn step(&mut self, at: SimTime, sink: &mut impl FnMut(Completion)) {
        let mut served = std::mem::take(&mut self.served);
        let mut keep = |replica, done| served.push((replica, done));
        self.front.advance(at, &mut keep);
        self.back.advance(at, &mut keep);
        for (replica, done) in served.drain(..) {
            self.settle(replica, done, sink);
        }
        self.served = served;
        while let Some(entry) = self.moving.first_entry() {
            if entry.key().0 > at {
                break;
            }
            self.back.queue(entry.remove());
        }
        self.dispatch(at, sink);
    }

    fn settle(&mut self, by: ReplicaId, served: Served, sink: &mut impl FnMut(Completion)) {
        let (request, times) = (served.task.request, served.times);
        let counts = request.counts;
        if let (Stage::Prefill, Some(transfer)) = (served.task.stage, self.model.transfer)
            && counts.output > 1
        {
            let there = times.done.saturating_add(transfer.span(counts.input));
            let stage = Stage::Decode {
                started: times.started,
                first_token: times.first_token,
            };
            let task = Task { request, stage };
            self.moving.insert((there, request.id), task);
            return;
        }
        self.lost.remove(&request.id);
        self.traffic.served += 1;
        self.traffic.input_tokens += u64::from(counts.input);
        self.traffic.output_tokens += u64::from(counts.output);
        if let Some(cache) = &mut self.cache {
            cache.keep(times.done, &request);
        }
        let end = End::Served { by, times };
        sink(Completion { request, end });
    }

    /// Sends on whoever finds room, and gives up whoever waits too long or is one too many.
    fn dispatch(&mut self, now: SimTime, sink: &mut impl FnMut(Completion)) {
        let mut long = Vec::new();
        let mut refused = |request| long.push(request);
        self.front.dispatch(now, &mut refused);
        self.back.dispatch(now, &mut refused);
        for request in long {
            self.drop(request, Reason::TooLong, sink);
        }
        while self.deadline().is_some_and(|deadline| deadline <= now) {
            let first = self
                .front
                .line_mut()
                .pop_front()
                .expect("it has a deadline");
            self.drop(first.request, Reason::Impatient, sink);
        }
        let most = self.model.line.map_or(usize::MAX, convert::index);
        while self.front.line().len() > most {
            let last = self
                .front
                .line_mut()
                .pop_back()
                .expect("there are too many");
            self.drop(last.request, Reason::Full, sink);
        }
    }

    /// When the first of the line gives up.
    fn deadline(&self) -> Option<SimTime> {
        let first = self.front.line().front()?;
        Some(first.request.arrived.saturating_add(self.model.patience?))
    }

    fn drop(&mut self, request: Request, why: Reason, sink: &mut impl FnMut(Completion)) {
        self.lost.remove(&request.id);
        self.traffic.dropped += 1;
        let at = self.now;
        let end = End::Dropped { at, why };
        sink(Completion { request, end });
    }

    /// What the front has to do for a request.
    const fn task(&self, request: Request) -> Task {
        let stage = match self.model.transfer {
            Some(_) => Stage::Prefill,
            None => Stage::Whole,
        };
        Task { request, stage }
    }
}

impl Transfer {
    /// Time it takes for so many tokens, rounded up to the microsecond.
    pub fn span(self, tokens: u32) -> Span {
        let ns = u128::from(self.per_token_ns) * u128::from(tokens);
        let us = u64::try_from(ns.div_ceil(1_000)).ok();
        let moved = us.and_then(Span::from_us).unwrap_or(Span::MAX);
        self.fixed.saturating_add(moved)
    }
}

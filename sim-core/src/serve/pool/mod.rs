//! A service's pool: a cache, a line, a router and the replicas behind it, which come and go.
//!
//! Everything is told to it with the instant at which it happens, in order; what becomes of a request is told back once, by a
//! [`Completion`]. A request that finds no replica with room among those that are open to it ([`Way`]) waits in a common line,
//! first come, first served. Whoever was in a replica that is lost begins anew elsewhere, as often as it may. Where prompts
//! and answers are served apart, a request goes through both groups, and its tokens' memory moves from one to the other in
//! between.

mod group;
mod lanes;
mod transfer;
mod ways;

use std::collections::BTreeMap;

use group::Group;
use lanes::Lanes;
pub use transfer::Transfer;
pub use ways::{Role, Then, Way, WaySet, When};

use super::cache::{Cache, Caching};
use super::request::{Completion, End, Luck, Reason, ReplicaId, Request, RequestId};
use super::request::{Served, Stage, Task};
use super::router::{Candidate, Router, Routing};
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
    /// Its sets of replicas, and who comes to each.
    pub ways: Vec<Way>,
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
            ways: vec![Way::plain(Role::Whole)],
        }
    }
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
    /// Of the requests inside, those that did not go straight through.
    passages: BTreeMap<RequestId, Passage>,
    /// Whether a standby may have opened since it was last seen who finds room.
    stale: bool,
    traffic: Traffic,
    now: SimTime,
    /// Room for what one step brings.
    served: Vec<(Candidate, Served)>,
}

/// What a request has behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Passage {
    /// How often it has lost its replica.
    lost: u32,
    /// The way that a cascade has sent it to.
    sent: Option<usize>,
    /// Time on networks to those that it was at before.
    network: Span,
}

impl Pool {
    /// A pool without replicas. Panics on a cache that [`Caching::check`] refuses, on no way or too many, on roles that do not
    /// go with the transfer, and on a cascade that does not go on to a later way.
    pub fn new(model: PoolModel) -> Self {
        model.demand_ways();
        let is_back = |way: &Way| way.role == Role::Decode;
        let router = || Router::new(model.routing, model.luck.clone());
        let cache = model.caching.as_ref().map(|caching| {
            caching
                .check()
                .expect("parameters were checked where they were read");
            Cache::new(caching.clone(), model.luck.clone())
        });
        Self {
            cache,
            front: Group::new(router(), Lanes::new(&model.ways, |way| !is_back(way))),
            back: Group::new(router(), Lanes::new(&model.ways, is_back)),
            moving: BTreeMap::new(),
            passages: BTreeMap::new(),
            stale: false,
            traffic: Traffic::default(),
            now: SimTime::ZERO,
            served: Vec::new(),
            model,
        }
    }

    /// A replica of the way in this place is ready at `now`. Panics on a number that is taken, or a way that is not there.
    pub fn add(
        &mut self,
        now: SimTime,
        (replica, way): (ReplicaId, usize),
        station: Station,
        sink: &mut impl FnMut(Completion),
    ) {
        self.advance(now, sink);
        let group = match self.model.ways[way].role {
            Role::Whole | Role::Prefill => &mut self.front,
            Role::Decode => &mut self.back,
        };
        group.add((replica, way), station);
        self.dispatch(now, sink);
    }

    /// From now on the replica takes nobody; whoever is inside is served. False if there is none of that number.
    pub fn drain(&mut self, replica: ReplicaId) -> bool {
        let now = self.now;
        let mut groups = [&mut self.front, &mut self.back].into_iter();
        let Some(group) = groups.find_map(|group| group.drain(replica, now).then_some(group))
        else {
            return false;
        };
        self.stale |= group.lanes().has_standby();
        true
    }

    /// Whatever the replica begins after now goes at this speed, in parts per million of its model's own; what is under way keeps
    /// its pace. False if there is none of that number. Panics on no speed.
    pub fn go_at(&mut self, replica: ReplicaId, speed_ppm: u64) -> bool {
        let now = self.now;
        let mut groups = [&mut self.front, &mut self.back].into_iter();
        groups.any(|group| group.go_at(replica, now, speed_ppm))
    }

    /// The replica is gone at `now`; whoever is inside begins anew, or is dropped. Of a drained and empty one nobody is.
    pub fn lose(&mut self, now: SimTime, replica: ReplicaId, sink: &mut impl FnMut(Completion)) {
        self.advance(now, sink);
        let inside = self
            .front
            .remove(replica, now)
            .or_else(|| self.back.remove(replica, now));
        for task in inside.unwrap_or_default() {
            let request = task.request;
            let passage = self.passages.entry(request.id).or_default();
            passage.lost += 1;
            if passage.lost > self.model.retries {
                self.drop(request, Reason::Lost, sink);
            } else {
                self.traffic.retried += 1;
                self.enter(request);
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
        self.enter(request);
        self.dispatch(now, sink);
    }

    /// When something next happens by itself, if it does.
    pub fn next(&self) -> Option<SimTime> {
        if self.stale {
            return Some(self.now);
        }
        let moving = self.moving.first_key_value().map(|((at, _), _)| *at);
        let mut next = [self.front.next(), self.back.next(), moving, None, None];
        if self.line() > 0 {
            let opens = [&self.front, &self.back].map(|group| group.lanes().opens(self.now));
            next[3] = self.deadline();
            next[4] = opens.into_iter().flatten().min();
        }
        next.into_iter().flatten().min()
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

    /// Whether a replica takes requests; `None` if there is none of that number.
    pub fn takes(&self, replica: ReplicaId) -> Option<bool> {
        let front = self.front.takes(replica);
        front.or_else(|| self.back.takes(replica))
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
    pub const fn line(&self) -> usize {
        self.front.lanes().len() + self.back.lanes().len()
    }

    /// What happens at `at`: ends, then arrivals at the back, then whoever finds room.
    fn step(&mut self, at: SimTime, sink: &mut impl FnMut(Completion)) {
        let mut served = std::mem::take(&mut self.served);
        let mut keep = |by: &Candidate, done| served.push((*by, done));
        self.front.advance(at, &mut keep);
        self.back.advance(at, &mut keep);
        for (by, done) in served.drain(..) {
            self.settle(&by, done, sink);
        }
        self.served = served;
        while let Some(entry) = self.moving.first_entry() {
            if entry.key().0 > at {
                break;
            }
            self.back.lanes_mut().queue(entry.remove(), None);
        }
        self.dispatch(at, sink);
    }

    /// A replica is done with a task: its request moves to the back, goes on in a cascade, or has its answer.
    fn settle(&mut self, by: &Candidate, served: Served, sink: &mut impl FnMut(Completion)) {
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
        let way = &self.model.ways[by.way];
        let network = way.network_of(&request);
        if let Some(then) = way.then
            && !then.accepts((&self.model.luck, by.way), request.id)
        {
            let passage = self.passages.entry(request.id).or_default();
            passage.sent = Some(then.way);
            passage.network = passage.network.saturating_add(network);
            self.enter(request);
            return;
        }
        let quality_ppm = way.quality_ppm;
        let passage = self.passages.remove(&request.id).unwrap_or_default();
        self.traffic.served += 1;
        self.traffic.input_tokens += u64::from(counts.input);
        self.traffic.output_tokens += u64::from(counts.output);
        if let Some(cache) = &mut self.cache {
            cache.keep(times.done, &request);
        }
        let end = End::Served {
            by: by.replica,
            times,
            network: passage.network.saturating_add(network),
            quality_ppm,
        };
        sink(Completion { request, end });
    }

    /// Sends on whoever finds room, and gives up whoever waits too long or is one too many.
    fn dispatch(&mut self, now: SimTime, sink: &mut impl FnMut(Completion)) {
        self.stale = false;
        let mut long = Vec::new();
        let mut refused = |request| long.push(request);
        self.front.dispatch(now, &mut refused);
        self.back.dispatch(now, &mut refused);
        for request in long {
            self.drop(request, Reason::TooLong, sink);
        }
        while self.deadline().is_some_and(|deadline| deadline <= now) {
            let lanes = self.front.lanes_mut();
            let first = lanes.after(None).and_then(|(lane, _)| lanes.pop(lane));
            self.drop(first.expect("it has a deadline"), Reason::Impatient, sink);
        }
        let most = self.model.line.map_or(usize::MAX, convert::index);
        while self.front.lanes().len() > most {
            let last = self.front.lanes_mut().pop_last();
            self.drop(last.expect("there are too many"), Reason::Full, sink);
        }
    }

    /// When the first of the line gives up.
    fn deadline(&self) -> Option<SimTime> {
        let patience = self.model.patience?;
        let (_, first) = self.front.lanes().after(None)?;
        Some(first.request.arrived.saturating_add(patience))
    }

    fn drop(&mut self, request: Request, why: Reason, sink: &mut impl FnMut(Completion)) {
        self.passages.remove(&request.id);
        self.traffic.dropped += 1;
        let at = self.now;
        let end = End::Dropped { at, why };
        sink(Completion { request, end });
    }

    /// Puts a request before the front, where it begins or begins anew.
    fn enter(&mut self, request: Request) {
        let stage = match self.model.transfer {
            Some(_) => Stage::Prefill,
            None => Stage::Whole,
        };
        let passage = self.passages.get(&request.id);
        let sent = passage.and_then(|passage| passage.sent);
        self.front.lanes_mut().queue(Task { request, stage }, sent);
    }
}

//! A service's replicas at the level of rates: they come and go, and between that everything flows.
//!
//! Everything is told to it with the instant at which it happens, in order. A stretch ends where an interval of the inflow
//! does, and where replicas that take requests come, go, or go on at another speed: what becomes of a service does not depend on how often it was
//! advanced, or looked at, in between. All replicas have their part of the work, and of the line.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Flow, Fluid, Inflow, Rate, Regime, Room, uneven};
use crate::serve::pool::{PoolModel, Traffic};
use crate::serve::request::{Luck, ReplicaId};
use crate::serve::station::{BLOCK, Gauge, Serving};
use crate::units::{SimTime, Span, convert};

/// What rounding may leave of a whole request.
const NEARLY: f64 = 1e-6;

/// A stretch that has passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    /// From when.
    pub from: SimTime,
    /// To when.
    pub to: SimTime,
    /// What flowed.
    pub flow: Flow,
}

/// Replicas and what flows to them.
#[derive(Clone, Debug, PartialEq)]
pub struct FluidPool {
    inflow: Arc<Inflow>,
    luck: Luck,
    serving: Serving,
    room: Room,
    replicas: BTreeMap<ReplicaId, Taker>,
    /// Those that take requests.
    taking: u32,
    rate: Rate,
    regime: Regime,
    fluid: Fluid,
    sums: Sums,
    /// Up to where all has passed in whole stretches.
    from: SimTime,
    now: SimTime,
    /// When it was last looked at for the sake of those whom nobody can serve.
    looked: SimTime,
    /// What has passed and was not told yet.
    passed: Vec<Passed>,
}

/// A replica.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Taker {
    speed_ppm: u64,
    /// Which of those that take requests it is.
    position: u32,
    /// What each had done when it came, and when it was drained.
    before: Work,
    drained: Option<Work>,
}

/// What a replica has done that was always there: seconds at work of a server, and steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Work {
    busy_s: f64,
    steps: f64,
}

/// Since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    served: f64,
    dropped: f64,
    each: Work,
}

/// What is seen at an instant.
struct Seen {
    sums: Sums,
    waiting: f64,
    running: f64,
}

impl FluidPool {
    /// A pool without replicas. Panics where prompts and answers are served apart, or answers are kept.
    pub fn new(inflow: &Arc<Inflow>, model: &PoolModel, serving: &Serving) -> Self {
        assert!(
            model.transfer.is_none(),
            "fluid replicas serve whole requests"
        );
        assert!(model.caching.is_none(), "nothing fluid is kept");
        let seconds = |span: Span| convert::real(span.us()) / 1e6;
        let each = match serving {
            Serving::Batch(model) => model.line,
            Serving::Iteration(model) => model.line,
        };
        let mut pool = Self {
            rate: Rate::of(serving, 1_000_000, inflow.demand()),
            inflow: Arc::clone(inflow),
            luck: model.luck.clone(),
            serving: serving.clone(),
            room: Room {
                each,
                line: model.line,
                patience_s: model.patience.map(seconds),
            },
            replicas: BTreeMap::new(),
            taking: 0,
            regime: Regime::default(),
            fluid: Fluid::default(),
            sums: Sums::default(),
            from: SimTime::ZERO,
            now: SimTime::ZERO,
            looked: SimTime::ZERO,
            passed: Vec::new(),
        };
        pool.turn();
        pool
    }

    /// A replica is ready at `now`. Panics on a number that is taken.
    pub fn add(&mut self, now: SimTime, replica: ReplicaId, speed_ppm: u64) {
        self.cut(now);
        let taker = Taker {
            speed_ppm,
            position: 0,
            before: self.sums.each,
            drained: None,
        };
        let before = self.replicas.insert(replica, taker);
        assert!(before.is_none(), "a replica comes once");
        self.arrange();
    }

    /// From now on the replica takes nobody. False if there is none of that number.
    pub fn drain(&mut self, replica: ReplicaId) -> bool {
        let known = self.replicas.get(&replica).map(|taker| taker.drained);
        if known == Some(None) {
            self.cut(self.now);
            let each = self.sums.each;
            let taker = self.replicas.get_mut(&replica);
            taker.expect("seen above").drained = Some(each);
            self.arrange();
        }
        known.is_some()
    }

    /// From now on the replica goes at this speed, in parts per million of the model's own. False if there is none of that
    /// number.
    pub fn go_at(&mut self, replica: ReplicaId, speed_ppm: u64) -> bool {
        let known = self.replicas.get(&replica).map(|taker| taker.speed_ppm);
        if known.is_some_and(|before| before != speed_ppm) {
            self.cut(self.now);
            let taker = self.replicas.get_mut(&replica);
            taker.expect("seen above").speed_ppm = speed_ppm;
            self.arrange();
        }
        known.is_some()
    }

    /// The replica is gone at `now`.
    pub fn lose(&mut self, now: SimTime, replica: ReplicaId) {
        self.advance(now);
        self.drain(replica);
        self.replicas.remove(&replica);
    }

    /// Goes on to `now`.
    pub fn advance(&mut self, now: SimTime) {
        assert!(now >= self.now, "time runs forward");
        loop {
            let end = self.inflow.end(self.from);
            if end > now || end == self.from {
                break;
            }
            self.pass(end);
            self.turn();
        }
        self.now = now;
    }

    /// Goes on to `now`, where a stretch ends.
    pub fn cut(&mut self, now: SimTime) {
        self.advance(now);
        self.pass(now);
    }

    /// What has passed since this was last asked.
    pub fn take_passed(&mut self) -> Vec<Passed> {
        std::mem::take(&mut self.passed)
    }

    /// It is looked at for the sake of those whom nobody can serve, which see [`FluidPool::calls`].
    pub fn look(&mut self) {
        self.looked = self.now;
    }

    /// The end of the next interval that leaves somebody whom nobody can serve, if nothing changes; not before it was last
    /// looked at.
    pub fn calls(&self) -> Option<SimTime> {
        let leaves = |fluid: &Fluid, end| end > self.looked && fluid.backlog() >= 1.0 - NEARLY;
        if self.inflow.ends(self.from) && leaves(&self.fluid, self.from) {
            return Some(self.from);
        }
        let (mut fluid, mut from, mut regime) = (self.fluid.clone(), self.from, self.regime);
        loop {
            let end = self.inflow.end(from);
            if end == from || !self.inflow.goes_on(from) {
                return None;
            }
            let came = self.inflow.came(end) - self.inflow.came(from);
            fluid.advance(&regime, (seconds(from), seconds(end)), came);
            if leaves(&fluid, end) {
                return Some(end);
            }
            from = end;
            regime = self.regime_at(from);
        }
    }

    /// Counts since the beginning.
    pub fn traffic(&self) -> Traffic {
        let (sums, demand) = (self.seen().sums, self.inflow.demand());
        let tokens = |each: f64| convert::floor(sums.served * each);
        Traffic {
            arrived: convert::floor(self.inflow.came(self.now)),
            served: convert::floor(sums.served),
            dropped: convert::floor(sums.dropped),
            input_tokens: tokens(demand.input),
            output_tokens: tokens(demand.output),
            ..Traffic::default()
        }
    }

    /// Requests that wait while there is nobody to take them.
    pub fn line(&self) -> u32 {
        if self.taking > 0 {
            return 0;
        }
        let line = convert::floor(self.seen().waiting + NEARLY);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// Whether a replica takes requests.
    pub fn takes(&self, replica: ReplicaId) -> bool {
        let taker = self.replicas.get(&replica);
        taker.is_some_and(|taker| taker.drained.is_none())
    }

    /// What can be read off a replica now.
    pub fn load_of(&self, replica: ReplicaId) -> Option<Gauge> {
        let taker = self.replicas.get(&replica)?;
        Some(self.gauge(taker, &self.seen()))
    }

    /// What can be read off all together now, the line included.
    pub fn load(&self) -> Gauge {
        let seen = self.seen();
        let each = self.replicas.values().map(|taker| self.gauge(taker, &seen));
        let mut all = each.fold(Gauge::default(), Gauge::and);
        all.waiting += self.line();
        all
    }

    fn gauge(&self, taker: &Taker, seen: &Seen) -> Gauge {
        let done = taker.drained.unwrap_or(seen.sums.each);
        let busy_s = (done.busy_s - taker.before.busy_s) * f64::from(self.rate.servers());
        let mut gauge = Gauge {
            steps: convert::floor(done.steps - taker.before.steps),
            busy: span(busy_s),
            ..Gauge::default()
        };
        if let Serving::Iteration(model) = &self.serving {
            gauge.kv_capacity = u64::from(model.blocks) * u64::from(BLOCK);
        }
        if taker.drained.is_some() {
            return gauge;
        }
        // Whole requests, of which each replica has as many as the next but for one.
        let part = |all: f64| {
            let all = convert::floor(all + 0.5) + u64::from(taker.position);
            u32::try_from(all / u64::from(self.taking)).unwrap_or(u32::MAX)
        };
        (gauge.waiting, gauge.running) = (part(seen.waiting), part(seen.running));
        let (demand, running) = (self.inflow.demand(), f64::from(gauge.running));
        let waiting = f64::from(gauge.waiting) * demand.input;
        gauge.tokens = convert::floor(running * demand.held + waiting);
        gauge.kv_used = convert::floor(running * demand.held).min(gauge.kv_capacity);
        let step_s = if self.fluid.backlog() > 0.0 {
            self.regime.full.step_s
        } else {
            self.regime.steady.step_s
        };
        gauge.step = (gauge.running > 0).then(|| span(step_s));
        gauge
    }

    /// What is seen now: a stretch that is not over is taken as far as it has come.
    fn seen(&self) -> Seen {
        let (mut sums, mut fluid) = (self.sums, self.fluid.clone());
        if self.now > self.from {
            let flow = self.flow(&mut fluid, self.now);
            self.count(&mut sums, &flow, self.now);
        }
        let (regime, left) = (&self.regime, fluid.backlog());
        let (waiting, running) = if left > 0.0 || regime.arriving >= regime.peak {
            (left, regime.peak * regime.full.service_s)
        } else {
            let kept = regime.arriving * (1.0 - regime.blocked);
            (kept * regime.steady.wait_s, kept * regime.steady.service_s)
        };
        Seen {
            sums,
            waiting,
            running,
        }
    }

    /// A stretch passes.
    fn pass(&mut self, to: SimTime) {
        if to == self.from {
            return;
        }
        let mut fluid = std::mem::take(&mut self.fluid);
        let flow = self.flow(&mut fluid, to);
        let mut sums = self.sums;
        self.count(&mut sums, &flow, to);
        let from = std::mem::replace(&mut self.from, to);
        (self.fluid, self.sums) = (fluid, sums);
        self.passed.push(Passed { from, to, flow });
    }

    /// What has flowed since the last stretch ended, up to an instant.
    fn count(&self, sums: &mut Sums, flow: &Flow, to: SimTime) {
        sums.served += flow.served;
        sums.dropped += flow.dropped;
        if self.taking > 0 {
            let over_s = (seconds(self.from), seconds(to));
            let mut busy_s = flow.busy * (over_s.1 - over_s.0);
            if flow.queued.is_empty() {
                busy_s += uneven::beyond(&self.luck, over_s, &flow.steady, self.regime.servers);
            }
            sums.each.busy_s += busy_s;
            sums.each.steps += flow.steps / f64::from(self.taking);
        }
    }

    fn flow(&self, fluid: &mut Fluid, to: SimTime) -> Flow {
        let came = self.inflow.came(to) - self.inflow.came(self.from);
        fluid.advance(&self.regime, (seconds(self.from), seconds(to)), came)
    }

    /// Who takes requests has changed.
    fn arrange(&mut self) {
        let (mut taking, mut speed_ppm) = (0, 0);
        let stay = self.replicas.values_mut();
        for taker in stay.filter(|taker| taker.drained.is_none()) {
            taker.position = taking;
            taking += 1;
            speed_ppm += taker.speed_ppm;
        }
        self.taking = taking;
        // All serve as one of the mean speed does: their capacities add up.
        if let Some(mean) = speed_ppm.checked_div(taking.into()) {
            self.rate = Rate::of(&self.serving, mean, self.inflow.demand());
        }
        self.turn();
    }

    /// A stretch begins.
    fn turn(&mut self) {
        self.regime = self.regime_at(self.from);
    }

    fn regime_at(&self, at: SimTime) -> Regime {
        Regime::new(&self.rate, self.taking, self.inflow.rate(at), &self.room)
    }
}

fn seconds(at: SimTime) -> f64 {
    convert::real(at.us()) / 1e6
}

fn span(seconds: f64) -> Span {
    Span::from_us(convert::floor(seconds * 1e6)).unwrap_or(Span::MAX)
}

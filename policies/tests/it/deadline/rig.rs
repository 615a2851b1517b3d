//! The rig: one spot machine that comes and goes, one on demand, one job or a few; what was paid, by whole ticks.

use std::collections::BTreeMap;
use std::sync::Arc;

use policies::params::Value;
use policies::registry::{POLICIES, Setting, find};
use sim_core::engine::{Capacity, Engine, Finish, Grants, Policy, World};
use sim_core::model::{Checkpoint, Gang, Job, Market, Offering};
use sim_core::units::{JobId, NodeId, Price, SimTime, Span};
use sim_core::watch::{Fact, Observer};
use sim_core::world::{Curve, Trace};

use crate::plain;
pub(crate) use crate::plain::{at, span};

/// Who flies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pilot {
    pub(crate) kind: &'static str,
    pub(crate) tick: Option<&'static str>,
    pub(crate) slices: Option<i64>,
}

/// By events.
pub(crate) fn pilot(kind: &'static str) -> Pilot {
    Pilot {
        kind,
        tick: None,
        slices: None,
    }
}

/// In the ticks of the published simulator.
pub(crate) fn ticking(kind: &'static str, tick: &'static str) -> Pilot {
    Pilot {
        tick: Some(tick),
        ..pilot(kind)
    }
}

impl Pilot {
    pub(crate) fn policy(&self) -> Box<dyn Policy + Send> {
        let claims = find(POLICIES, self.kind).expect("a line").claims;
        let mut given = Vec::new();
        let tick = self.tick.map(|tick| Value::Text(tick.to_owned()));
        given.extend(tick.map(|tick| ("tick".to_owned(), tick)));
        let slices = self.slices.map(Value::Integer);
        given.extend(slices.map(|slices| ("slices".to_owned(), slices)));
        let setting = Setting {
            durations: true,
            compat: self.tick.is_some() && claims.keeps.is_some(),
            ..plain::HONEST
        };
        plain::made(POLICIES, self.kind, &given, &setting)
    }
}

/// A fleet of which none is held at first.
pub(crate) fn fleet(market: Market, dollars: f64, stock: Vec<(SimTime, u32)>) -> Offering {
    let most = stock.iter().map(|(_, nodes)| *nodes).max().unwrap_or(0);
    let nano = format!("{:.0}", dollars * 1e9);
    let price = Price::from_nanousd_h(nano.parse().expect("a number")).expect("low");
    Offering {
        price: Curve::constant(price),
        availability: Curve::new(stock).expect("ascending"),
        ..plain::fleet(market, 1, most.max(1))
    }
}

/// A spot machine that is there where `up` says so, in steps of `gap`; after that never. `on_demand` machines that stay.
pub(crate) fn world(up: &[bool], gap: u64, changeover: Span, on_demand: u32) -> World {
    let mut stock: Vec<(SimTime, u32)> = Vec::new();
    for (step, up) in (0..).zip(up.iter().chain(&[false])) {
        let nodes = u32::from(*up);
        if stock.last().is_none_or(|(_, before)| *before != nodes) {
            stock.push((at(step * gap), nodes));
        }
    }
    let mut world = plain::world(vec![
        fleet(Market::Spot, 0.9731, stock),
        fleet(Market::OnDemand, 3.06, vec![(SimTime::ZERO, on_demand)]),
    ]);
    world.classes[0].checkpoint = Checkpoint {
        setup: changeover,
        restore: changeover,
        ..Checkpoint::default()
    };
    world
}

/// A job that tells the truth.
pub(crate) fn job(arrival: u64, secs: u64, deadline: u64) -> Job {
    Job {
        deadline: Some(at(deadline)),
        ..plain::job(arrival, Gang::of(1, 1), secs)
    }
}

/// What happened: seconds held and worked by offering, starts, ends.
#[derive(Debug, Default)]
pub(crate) struct Log {
    nodes: Vec<usize>,
    tick: u64,
    granted: BTreeMap<NodeId, SimTime>,
    running: BTreeMap<JobId, usize>,
    /// Microseconds held, and rounded up to whole ticks, by offering.
    pub(crate) held_us: [u64; 2],
    pub(crate) billed_us: [u64; 2],
    pub(crate) worked_us: [u64; 2],
    /// When which job was started on which offering, in seconds.
    pub(crate) starts: Vec<(u64, u32, usize)>,
    pub(crate) ends: Vec<SimTime>,
    pub(crate) refused: u32,
}

impl Log {
    fn left(&mut self, node: NodeId, now: SimTime) {
        if let Some(granted) = self.granted.remove(&node) {
            let (on, held) = (self.nodes[node.index()], now.since(granted).us());
            self.held_us[on] += held;
            self.billed_us[on] += held.div_ceil(self.tick) * self.tick;
        }
    }

    /// Dollars for whole ticks.
    pub(crate) fn cost(&self) -> f64 {
        let hours = |us: u64| f64::from(u32::try_from(us / 1_000_000).expect("short")) / 3600.0;
        hours(self.billed_us[0]) * 0.9731 + hours(self.billed_us[1]) * 3.06
    }
}

impl Observer for Log {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        match fact {
            Fact::Booting { node, .. } => {
                self.granted.insert(*node, now);
            }
            Fact::Released { node } | Fact::Reclaimed { node } => self.left(*node, now),
            Fact::Started { job, seats, .. } => {
                let on = self.nodes[seats[0].node.index()];
                self.running.insert(*job, on);
                self.starts.push((now.us() / 1_000_000, job.ordinal(), on));
            }
            Fact::Interrupted { job, spent, .. } => {
                let on = self.running.remove(job).expect("it ran");
                self.worked_us[on] += spent.kept.us();
            }
            Fact::Ended { job, spent, .. } => {
                if let Some(on) = self.running.remove(job) {
                    self.worked_us[on] += spent.kept.us();
                }
                self.ends.push(now);
            }
            Fact::Refused(_) => self.refused += 1,
            Fact::Arrived { .. }
            | Fact::Paced { .. }
            | Fact::Reseated { .. }
            | Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Ready { .. }
            | Fact::Draining { .. }
            | Fact::Noticed { .. }
            | Fact::Advised { .. }
            | Fact::Miscarried { .. }
            | Fact::Failed { .. }
            | Fact::Repaired { .. }
            | Fact::Shock { .. }
            | Fact::Price { .. }
            | Fact::Retiring { .. }
            | Fact::Worked { .. }
            | Fact::Request { .. }
            | Fact::Flow { .. }
            | Fact::Availability { .. } => {}
        }
    }
}

/// Flies one policy to the end of all jobs.
pub(crate) fn fly(world: &World, jobs: &[Job], pilot: Pilot, tick: u64) -> Log {
    let capacity = Capacity::of(world);
    let node = |slot| capacity.offering_of(NodeId(slot)).index();
    let mut log = Log {
        nodes: (0..capacity.slots()).map(node).collect(),
        tick: tick * 1_000_000,
        ..Log::default()
    };
    let world = Arc::new(world.clone());
    let mut engine = Engine::new(world, Box::new(Trace::new(jobs.into())));
    let mut policy = pilot.policy();
    let everything = Grants {
        durations: true,
        prices: true,
        reclaims: true,
        arrivals: true,
    };
    let finish = engine.run(&mut *policy, everything, &mut log);
    assert_eq!(finish, Ok(Finish::Drained), "{pilot:?}");
    assert_eq!(log.refused, 0, "{pilot:?}");
    let held: Vec<NodeId> = log.granted.keys().copied().collect();
    for node in held {
        log.left(node, engine.now());
    }
    log
}

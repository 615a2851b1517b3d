//! The plainest things there are, from which each rig makes its own: nothing breaks, ends early or is taken away.

use policies::params::{Params, Value};
use policies::registry::{Entry, Setting, find};
use sim_core::course::{CourseKind, CourseModel, Rates};
use sim_core::engine::{Trigger, World};
use sim_core::model::{
    Appetite, Checkpoint, Class, Gang, Job, Market, Offering, Queue, Risk, Shape, Terms,
};
use sim_core::units::{ModelId, Price, SimTime, Span, ZoneId};
use sim_core::world::{Calendar, Curve};

pub(crate) fn at(secs: u64) -> SimTime {
    SimTime::from_secs(secs)
}

pub(crate) fn span(secs: u64) -> Span {
    Span::from_secs(secs)
}

pub(crate) fn seconds(at: SimTime) -> f64 {
    sim_core::units::convert::real(at.us()) / 1e6
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Machines that cost nothing; none is held at first, as many to be had as there may be.
pub(crate) fn fleet(market: Market, gpus: u32, max: u32) -> Offering {
    Offering {
        name: market.name().to_owned(),
        shape: Shape {
            gpus,
            model: ModelId(0),
            cpu_milli: 1_000_000,
            memory_mib: 1_000_000,
        },
        mig: None,
        market,
        zone: ZoneId(0),
        rack_size: 0,
        initial: 0,
        min: 0,
        max,
        standing: false,
        boot: Span::ZERO,
        notice: Span::ZERO,
        price: Curve::constant(Price::ZERO),
        visible: true,
        risk: Risk::default(),
        terms: Terms::default(),
        availability: Curve::constant(max),
    }
}

/// All of them there from the start to the end.
pub(crate) fn standing(fleet: Offering) -> Offering {
    Offering {
        initial: fleet.max,
        min: fleet.max,
        standing: true,
        ..fleet
    }
}

/// A class whose jobs run at unit rate and keep what they did.
pub(crate) fn class() -> Class {
    Class {
        name: "class".to_owned(),
        course: CourseModel {
            kind: CourseKind::Linear,
            rates: Rates::default(),
        },
        checkpoint: Checkpoint::default(),
        appetite: Appetite::default(),
    }
}

pub(crate) fn world(offerings: Vec<Offering>) -> World {
    World {
        offerings,
        models: vec!["a".to_owned(), "b".to_owned()],
        queues: vec![Queue::named("only")],
        classes: vec![class()],
        seed: 1,
        commitments: Vec::new(),
        budgets: Vec::new(),
        services: Vec::new(),
        sets: Vec::new(),
        quotas: Vec::new(),
        slowdown: None,
        calendar: Calendar::default(),
        trigger: Trigger::Event,
        end: None,
    }
}

/// A job that tells the truth about how long it runs.
pub(crate) fn job(arrival: u64, gang: Gang, secs: u64) -> Job {
    Job {
        estimate: Some(span(secs)),
        ..Job::plain(at(arrival), secs * 1_000_000, gang)
    }
}

/// Nobody peeks, and no quirk of an original is kept.
pub(crate) const HONEST: Setting = Setting {
    seed: 7,
    durations: false,
    compat: false,
};

/// A line of the registry with these parameters.
pub(crate) fn made<T: ?Sized>(
    entries: &'static [Entry<T>],
    kind: &str,
    given: &[(String, Value)],
    setting: &Setting,
) -> Box<T> {
    let entry = find(entries, kind).expect("a line of the registry");
    let params = Params::check(entry.params, given).expect("sound parameters");
    (entry.build)(&params, setting)
}

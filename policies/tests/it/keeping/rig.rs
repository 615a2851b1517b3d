//! The rig: fleets that cost ten cents a minute and more, jobs in minutes, and a log of what happened.

use std::sync::Arc;

use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::params::Value;
use policies::registry::{
    ADMISSIONS, BUYERS, Entry, GUARDS, HOURS, ORDERS, OVERSUBSCRIPTIONS, PACES, PLACEMENTS,
    PREEMPTIONS, REPLICAS, SCALES,
};
use policies::relocate::Stay;
use sim_core::engine::{Counters, Engine, Finish, Grants, World};
use sim_core::model::{Budget, Gang, Job, Market, Offering, Period, Shape};
use sim_core::units::{Money, Price, SimTime, Span};
use sim_core::watch::{Fact, Observer};
use sim_core::world::{Curve, Trace};

use crate::plain;
pub(crate) use crate::plain::text;

/// A part: its seam, its kind, and parameters.
pub(crate) type Part<'a> = (&'a str, &'a str, &'a [(&'a str, Value)]);

pub(crate) fn texts(texts: &[&str]) -> Value {
    Value::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
}

pub(crate) fn minutes(minutes: u64) -> Span {
    Span::from_secs(minutes * 60)
}

/// Machines of `gpus` GPUs to rent at ten cents a minute each; none is held at first.
pub(crate) fn fleet(name: &str, market: Market, gpus: u32, most: u32) -> Offering {
    let fleet = plain::fleet(market, gpus, most);
    Offering {
        name: name.to_owned(),
        shape: Shape {
            cpu_milli: 64_000,
            memory_mib: 64_000,
            ..fleet.shape
        },
        price: Curve::constant(Price::from_nanousd_h(6_000_000_000).expect("low")),
        ..fleet
    }
}

/// The same, all of them there from the start to the end.
pub(crate) fn standing(name: &str, gpus: u32, nodes: u32) -> Offering {
    plain::standing(fleet(name, Market::Owned, gpus, nodes))
}

/// A GPU may be shared, and gives what is asked of it.
pub(crate) fn world(offerings: Vec<Offering>) -> World {
    let mut world = plain::world(offerings);
    world.classes[0].course.rates.by_share = true;
    world
}

/// So many cents every so many minutes, for all fleets.
pub(crate) fn budget(world: &World, cents: i128, every: u64) -> Budget {
    let fleets = 0..u16::try_from(world.offerings.len()).expect("few");
    Budget {
        name: "team".to_owned(),
        amount: Money::from_nanousd(cents * 10_000_000),
        period: Period::Every(minutes(every)),
        covers: fleets.map(sim_core::units::OfferingId).collect(),
        delay: Span::ZERO,
    }
}

/// A job of one GPU that tells the truth.
pub(crate) fn job(arrival: u64, length: u64) -> Job {
    plain::job(arrival * 60, Gang::of(1, 1), length * 60)
}

fn made<T: ?Sized>(
    entries: &'static [Entry<T>],
    (seam, default): (&str, &str),
    parts: &[Part<'_>],
) -> Box<T> {
    let part = parts.iter().find(|part| part.0 == seam);
    let (kind, given) = part.map_or((default, &[][..]), |part| (part.1, part.2));
    let given: Vec<(String, Value)> = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    plain::made(entries, kind, &given, &plain::HONEST)
}

/// First come, first served, whoever fits, and these parts.
pub(crate) fn policy(parts: &[Part<'_>]) -> Composed {
    let rules = [
        made(GUARDS, ("guard", "none"), parts),
        made(HOURS, ("hours", "none"), parts),
        made(SCALES, ("scale", "none"), parts),
        made(REPLICAS, ("replicas", "none"), parts),
        made(OVERSUBSCRIPTIONS, ("oversubscribe", "none"), parts),
    ];
    Composed {
        name: "kept".to_owned(),
        order: made(ORDERS, ("order", "fifo"), parts),
        admit: made(ADMISSIONS, ("admit", "skip"), parts),
        place: made(PLACEMENTS, ("place", "first-fit"), parts),
        preempt: made(PREEMPTIONS, ("preempt", "none"), parts),
        buy: made(BUYERS, ("buy", "keep"), parts),
        relocate: Box::new(Stay),
        keep: Keeping::new(rules, *made(PACES, ("pace", "given"), parts)),
        state: Standing::default(),
    }
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// A minute and what happened in it, each.
    pub(crate) lines: Vec<String>,
    /// Stretches between checkpoints that were chosen, in seconds.
    pub(crate) paces: Vec<u64>,
}

impl Log {
    fn say(&mut self, now: SimTime, what: &str) {
        self.lines.push(format!("{} {what}", now.us() / 60_000_000));
    }
}

impl Observer for Log {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        match fact {
            Fact::Started { job, seats, .. } => {
                let on = (job.ordinal(), seats[0].node.0);
                self.say(now, &format!("job {} starts on {}", on.0, on.1));
            }
            Fact::Reseated { job, seats, .. } => {
                let tasks: u32 = seats.iter().map(|seat| seat.tasks).sum();
                self.say(now, &format!("job {} has {tasks} tasks", job.ordinal()));
            }
            Fact::Interrupted { job, .. } => {
                self.say(now, &format!("job {} is interrupted", job.ordinal()));
            }
            Fact::Ended { job, .. } => self.say(now, &format!("job {} ends", job.ordinal())),
            Fact::Paced { every, .. } => self.paces.push(every.us() / 1_000_000),
            Fact::Ready { node, .. } => self.say(now, &format!("node {} is ready", node.0)),
            Fact::Draining { node } => self.say(now, &format!("node {} drains", node.0)),
            Fact::Released { node } => self.say(now, &format!("node {} is released", node.0)),
            Fact::Refused(refusal) => panic!("{refusal:?}"),
            Fact::Arrived { .. }
            | Fact::Held { .. }
            | Fact::Requested { .. }
            | Fact::Booting { .. }
            | Fact::Noticed { .. }
            | Fact::Reclaimed { .. }
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

/// Flies to the end of all jobs.
pub(crate) fn fly(world: World, jobs: &[Job], parts: &[Part<'_>]) -> (Log, Counters) {
    let mut engine = Engine::new(Arc::new(world), Box::new(Trace::new(jobs.into())));
    let mut log = Log::default();
    let finish = engine.run(&mut policy(parts), Grants::default(), &mut log);
    assert_eq!(finish, Ok(Finish::Drained), "{log:#?}");
    (log, engine.counters())
}

/// Flies, and compares what happened.
#[track_caller]
pub(crate) fn expect(world: World, jobs: &[Job], parts: &[Part<'_>], lines: &[&str]) -> Counters {
    let (log, counters) = fly(world, jobs, parts);
    assert_eq!(log.lines, lines, "{:#?}", log.lines);
    counters
}

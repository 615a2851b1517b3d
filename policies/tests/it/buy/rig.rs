//! The rig: a few fleets, a few jobs, one composed policy; who started where and when, and what was asked for.

use std::sync::Arc;

use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::params::Value;
use policies::registry::{ADMISSIONS, BUYERS, Entry, ORDERS, PLACEMENTS, PREEMPTIONS, RELOCATIONS};
use sim_core::engine::{Capacity, Engine, Finish, Grants, Reason, World};
use sim_core::model::{Appetite, Checkpoint, Class, Gang, Job, Market, Offering, Shape};
use sim_core::units::{NodeId, Price, SimTime};
use sim_core::watch::{Digests, Fact, Observer};
use sim_core::world::{Curve, Trace};

use crate::plain;
pub(crate) use crate::plain::{at, span, text, world};

/// Cents an hour.
pub(crate) fn cents(cents: u64) -> Price {
    Price::from_nanousd_h(cents * 10_000_000).expect("low")
}

/// Machines of one GPU, none held at first, as many to be had as there may be.
pub(crate) fn fleet(market: Market, price: u64, max: u32) -> Offering {
    let fleet = plain::fleet(market, 1, max);
    Offering {
        shape: Shape {
            cpu_milli: 1000,
            memory_mib: 1000,
            ..fleet.shape
        },
        price: Curve::constant(cents(price)),
        ..fleet
    }
}

/// As many to be had as it says, from when it says.
pub(crate) fn stocked(fleet: Offering, stock: &[(u64, u32)]) -> Offering {
    let steps = stock.iter().map(|(from, nodes)| (at(*from), *nodes));
    let availability = Curve::new(steps.collect()).expect("ascending");
    Offering {
        availability,
        ..fleet
    }
}

/// Held from the start to the end.
pub(crate) fn held(fleet: Offering) -> Offering {
    Offering {
        initial: fleet.max,
        min: fleet.max,
        ..fleet
    }
}

pub(crate) fn class(checkpoint: Checkpoint, appetite: Appetite) -> Class {
    Class {
        checkpoint,
        appetite,
        ..plain::class()
    }
}

/// A job of one GPU that tells the truth.
pub(crate) fn job(arrival: u64, secs: u64) -> Job {
    plain::job(arrival, Gang::of(1, 1), secs)
}

/// A part and what is said of it.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) kind: &'static str,
    pub(crate) given: Vec<(String, Value)>,
}

pub(crate) fn part(kind: &'static str, given: &[(&str, Value)]) -> Part {
    let given = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Part {
        kind,
        given: given.collect(),
    }
}

fn made<T: ?Sized>(entries: &'static [Entry<T>], part: &Part) -> Box<T> {
    plain::made(entries, part.kind, &part.given, &plain::HONEST)
}

/// First come, first served; who does not fit stops all behind.
pub(crate) fn policy(buy: &Part, relocate: &Part) -> Composed {
    let plain = |kind| part(kind, &[]);
    Composed {
        name: buy.kind.to_owned(),
        order: made(ORDERS, &plain("fifo")),
        admit: made(ADMISSIONS, &plain("strict")),
        place: made(PLACEMENTS, &plain("best-fit")),
        preempt: made(PREEMPTIONS, &plain("none")),
        buy: made(BUYERS, buy),
        relocate: made(RELOCATIONS, relocate),
        keep: Keeping::default(),
        state: Standing::default(),
    }
}

/// What happened, in seconds, by offering.
#[derive(Debug, Default)]
pub(crate) struct Log {
    nodes: Vec<usize>,
    /// When, which job, where.
    pub(crate) starts: Vec<(u64, u32, usize)>,
    pub(crate) moves: Vec<(u64, u32, usize)>,
    /// When, where, how many.
    pub(crate) asked: Vec<(u64, usize, u32)>,
    pub(crate) released: Vec<(u64, usize)>,
    pub(crate) capped: u32,
    refused: u32,
    pub(crate) digests: Option<Digests>,
}

impl Observer for Log {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        let secs = now.us() / 1_000_000;
        match fact {
            Fact::Started { job, seats, .. } => {
                let on = self.nodes[seats[0].node.index()];
                self.starts.push((secs, job.ordinal(), on));
            }
            Fact::Reseated { job, seats, .. } => {
                let on = self.nodes[seats[0].node.index()];
                self.moves.push((secs, job.ordinal(), on));
            }
            Fact::Requested {
                offering, asked, ..
            } => self.asked.push((secs, offering.index(), *asked)),
            Fact::Released { node } => self.released.push((secs, self.nodes[node.index()])),
            Fact::Held {
                reason: Reason::PriceCap,
                ..
            } => self.capped += 1,
            Fact::Refused(_) => self.refused += 1,
            Fact::Held { .. }
            | Fact::Arrived { .. }
            | Fact::Paced { .. }
            | Fact::Interrupted { .. }
            | Fact::Ended { .. }
            | Fact::Booting { .. }
            | Fact::Ready { .. }
            | Fact::Reclaimed { .. }
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

    fn asks_why(&self) -> bool {
        true
    }
}

/// Flies a buyer, and who moves, to the end of all jobs.
pub(crate) fn fly_moving(world: &World, jobs: &[Job], buy: &Part, relocate: &Part) -> Log {
    fly_knowing(world, jobs, (buy, relocate), Grants::default())
}

/// The same where something is known beyond what is seen.
pub(crate) fn fly_knowing(
    world: &World,
    jobs: &[Job],
    (buy, relocate): (&Part, &Part),
    grants: Grants,
) -> Log {
    let capacity = Capacity::of(world);
    let node = |slot| capacity.offering_of(NodeId(slot)).index();
    let mut log = Log {
        nodes: (0..capacity.slots()).map(node).collect(),
        ..Log::default()
    };
    let mut engine = Engine::new(Arc::new(world.clone()), Box::new(Trace::new(jobs.into())));
    let mut policy = policy(buy, relocate);
    let finish = engine.run(&mut policy, grants, &mut log);
    assert!(
        matches!(finish, Ok(Finish::Drained | Finish::Horizon)),
        "{buy:?}: {finish:?}"
    );
    assert_eq!(log.refused, 0, "{buy:?}");
    log.digests = Some(engine.digests());
    log
}

/// The same where nobody moves.
pub(crate) fn fly(world: &World, jobs: &[Job], buy: &Part) -> Log {
    fly_moving(world, jobs, buy, &part("none", &[]))
}

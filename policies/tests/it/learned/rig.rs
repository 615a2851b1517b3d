//! The rig: worlds in which there is something to choose, processes by name, and answers by lot.

use std::sync::Arc;

use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::learned::{Actor, Episode, Measure, Process, Question, Scale, Weights};
use policies::params::{Params, Value};
use policies::registry::{
    ADMISSIONS, BUYERS, HEADS, ORDERS, PLACEMENTS, PREEMPTIONS, RELOCATIONS, find,
};
use sim_core::engine::{Grants, World};
use sim_core::model::{Checkpoint, Gang, Job, Keep, Market, Offering};
use sim_core::units::{Price, SimTime, Span};
use sim_core::world::{Curve, Trace};

use crate::plain::{self, HONEST};

/// A head in the words of a scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asks {
    pub(crate) head: &'static str,
    pub(crate) given: &'static [(&'static str, &'static str)],
    /// Order, admission, placement, preemption, buyer.
    pub(crate) parts: [&'static str; 5],
}

pub(crate) const NEXT: Asks = Asks {
    head: "order",
    given: &[],
    parts: ["fifo", "easy", "first-fit", "none", "keep"],
};

pub(crate) const START: Asks = Asks {
    head: "order",
    given: &[("choose", "start")],
    ..NEXT
};

pub(crate) const MARKET: Asks = Asks {
    head: "market",
    given: &[],
    parts: ["fifo", "strict", "first-fit", "none", "keep"],
};

impl Asks {
    pub(crate) fn composed(&self) -> Composed {
        let [order, admit, place, preempt, buy] = self.parts;
        Composed {
            name: "asks".to_owned(),
            order: plain::made(ORDERS, order, &[], &HONEST),
            admit: plain::made(ADMISSIONS, admit, &[], &HONEST),
            place: plain::made(PLACEMENTS, place, &[], &HONEST),
            preempt: plain::made(PREEMPTIONS, preempt, &[], &HONEST),
            buy: plain::made(BUYERS, buy, &[], &HONEST),
            relocate: plain::made(RELOCATIONS, "none", &[], &HONEST),
            keep: Keeping::default(),
            state: Standing::default(),
        }
    }

    pub(crate) fn process(&self, window: i64) -> Box<dyn Process> {
        let entry = find(HEADS, self.head).expect("a line of the registry");
        let mut given: Vec<(String, Value)> = self
            .given
            .iter()
            .map(|(key, word)| ((*key).to_owned(), plain::text(word)))
            .collect();
        if self.head == "order" {
            given.push(("window".to_owned(), Value::Integer(window)));
        }
        let params = Params::check(entry.params, &given).expect("sound parameters");
        (entry.build)(&params, &HONEST).lead(self.composed())
    }
}

/// Numbers by lot: the same for the same seed.
#[derive(Clone, Debug)]
pub(crate) struct Lot(u64);

impl Lot {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    /// A legal row.
    pub(crate) fn row(&mut self, question: &Question) -> usize {
        let legal: Vec<usize> = (0..question.len())
            .filter(|row| question.legal[*row])
            .collect();
        assert!(!legal.is_empty(), "a question has a legal row");
        let count = u64::try_from(legal.len()).expect("few rows");
        legal[usize::try_from(self.below(count)).expect("few rows")]
    }
}

impl Actor for Lot {
    fn choose(&mut self, question: &Question) -> usize {
        self.row(question)
    }

    fn fork(&self) -> Box<dyn Actor> {
        Box::new(self.clone())
    }
}

/// Nodes of four GPUs, some of which jobs want more of than there are; some never fit.
pub(crate) fn crowd(seed: u64, count: u64) -> (Arc<World>, Vec<Job>) {
    let mut lot = Lot::new(seed);
    let fleet = Offering {
        price: Curve::constant(dollars(3.0)),
        ..plain::standing(plain::fleet(Market::OnDemand, 4, 4))
    };
    let mut at = 0;
    let jobs = (0..count).map(|_| {
        at += lot.below(600);
        let gpus = [1, 1, 2, 4, 4, 8][usize::try_from(lot.below(6)).expect("few")];
        let gang = match gpus {
            8 => Gang::of(2, 4),
            gpus => Gang::of(1, gpus),
        };
        // One in thirty could never run: five machines of four.
        let gang = if lot.below(30) == 0 {
            Gang::of(5, 4)
        } else {
            gang
        };
        let mut job = plain::job(at, gang, 5 + lot.below(4000));
        if lot.below(3) == 0 {
            job.deadline = Some(plain::at(at + 3000 + lot.below(9000)));
        }
        job
    });
    let jobs = jobs.collect();
    (Arc::new(plain::world(vec![fleet])), jobs)
}

/// A cheap fleet that comes and goes and a dear one that stays, and jobs with a deadline.
pub(crate) fn bazaar(seed: u64, count: u64) -> (Arc<World>, Vec<Job>) {
    let mut lot = Lot::new(seed);
    let mut steps = vec![(SimTime::ZERO, 2)];
    let mut at = 0;
    for _ in 0..200 {
        at += 600 + lot.below(7200);
        steps.push((plain::at(at), u32::try_from(lot.below(3)).expect("few")));
    }
    let fleet = |market, usd: f64| Offering {
        price: Curve::constant(dollars(usd)),
        ..plain::fleet(market, 4, 3)
    };
    let spot = Offering {
        availability: Curve::new(steps).expect("ascending"),
        ..fleet(Market::Spot, 1.0)
    };
    let mut world = plain::world(vec![spot, fleet(Market::OnDemand, 3.0)]);
    world.classes[0].checkpoint = Checkpoint {
        keep: Keep::All,
        setup: plain::span(120),
        restore: plain::span(300),
        ..Checkpoint::default()
    };
    let mut begins = 0;
    let jobs = (0..count).map(|_| {
        begins += lot.below(20_000);
        let work = 3600 + lot.below(20_000);
        let mut job = plain::job(begins, Gang::of(1, 4), work);
        job.deadline = Some(plain::at(begins + work + 2000 + lot.below(20_000)));
        job
    });
    let jobs = jobs.collect();
    (Arc::new(world), jobs)
}

fn dollars(usd: f64) -> Price {
    let nano = sim_core::units::convert::floor(usd * 1e9);
    Price::from_nanousd_h(nano).expect("a price")
}

pub(crate) const MEASURE: Measure = Measure {
    weights: Weights {
        spend: 0.6,
        penalty: 0.3,
        queue: 0.1,
        slowdown: 0.05,
        interruption: 0.1,
    },
    scale: Scale {
        on_demand_usd: 400.0,
        jobs: 40.0,
    },
    promise: Some(Span::from_secs(5000)),
};

pub(crate) fn episode(world: &Arc<World>, jobs: &[Job], process: Box<dyn Process>) -> Episode {
    let trace = Box::new(Trace::new(jobs.into()));
    Episode::begin(world, trace, (process, Grants::default()), MEASURE).expect("it goes on")
}

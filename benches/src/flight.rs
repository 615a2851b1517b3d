//! The engine's side of a comparison: one fleet of equal nodes, one composed policy.

use std::sync::Arc;

use policies::admit::{Admit, Easy, Skip, Strict};
use policies::buy::Keep;
use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::order::Fifo;
use policies::place::BestFit;
use policies::preempt::Never;
use policies::relocate::Stay;
use sim_core::course::{CourseKind, CourseModel, Rates};
use sim_core::engine::{Engine, Finish, Grants, Trigger, World};
use sim_core::model::{self, Class, Market, Offering, Shape, Terms};
use sim_core::units::{ModelId, Price, SimTime, Span, ZoneId, convert};
use sim_core::watch::{Fact, Observer};
use sim_core::world::{Arrivals, Calendar, Curve};

/// Who may start, in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Strict head of line.
    Fifo,
    /// EASY backfilling.
    Easy,
    /// Whoever fits.
    Skip,
}

/// `nodes` nodes of `gpus` GPUs each, always there.
pub fn world(nodes: u32, gpus: u32) -> Arc<World> {
    let shape = Shape {
        gpus,
        model: ModelId(0),
        cpu_milli: 0,
        memory_mib: 0,
    };
    let pool = Offering {
        name: "pool".to_owned(),
        shape,
        mig: None,
        market: Market::Owned,
        zone: ZoneId(0),
        rack_size: 0,
        initial: nodes,
        min: nodes,
        max: nodes,
        standing: false,
        boot: Span::ZERO,
        notice: Span::ZERO,
        price: Curve::constant(Price::ZERO),
        visible: true,
        risk: sim_core::model::Risk::default(),
        terms: Terms::default(),
        availability: Curve::constant(nodes),
    };
    let class = Class {
        name: "jobs".to_owned(),
        course: CourseModel {
            kind: CourseKind::Linear,
            rates: Rates::default(),
        },
        checkpoint: model::Checkpoint::default(),
        appetite: model::Appetite::default(),
    };
    Arc::new(World {
        offerings: vec![pool],
        models: vec!["gpu".to_owned()],
        queues: Vec::new(),
        classes: vec![class],
        seed: 0,
        commitments: Vec::new(),
        budgets: Vec::new(),
        services: Vec::new(),
        sets: Vec::new(),
        quotas: Vec::new(),
        slowdown: None,
        calendar: Calendar::default(),
        trigger: Trigger::Event,
        end: None,
    })
}

/// First come, first served by `rule`, best-fit.
pub fn policy(rule: Rule) -> Composed {
    let admit: Box<dyn Admit> = match rule {
        Rule::Fifo => Box::new(Strict),
        Rule::Easy => Box::<Easy>::default(),
        Rule::Skip => Box::<Skip>::default(),
    };
    Composed {
        name: "bench".to_owned(),
        order: Box::new(Fifo),
        admit,
        place: Box::new(BestFit),
        preempt: Box::new(Never),
        buy: Box::new(Keep),
        relocate: Box::new(Stay),
        keep: Keeping::default(),
        state: Standing::default(),
    }
}

/// Flies all of `jobs`; the engine as it stands at the end.
pub fn fly(
    world: &Arc<World>,
    jobs: Box<dyn Arrivals + Send>,
    rule: Rule,
    watch: &mut dyn Observer,
) -> Engine {
    let mut engine = Engine::new(Arc::clone(world), jobs);
    let finish = engine.run(&mut policy(rule), Grants::default(), watch);
    assert!(finish == Ok(Finish::Drained), "all jobs end");
    engine
}

/// When each job started, by its place in the workload.
#[derive(Clone, Debug, Default)]
pub struct Starts(pub Vec<u64>);

impl Observer for Starts {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Started { job, .. } = fact {
            let at = convert::index(job.ordinal());
            if self.0.len() <= at {
                self.0.resize(at + 1, u64::MAX);
            }
            self.0[at] = now.us();
        }
    }
}

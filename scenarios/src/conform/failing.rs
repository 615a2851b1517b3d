//! A job on a machine that fails and comes back, through the engine, many times over.

use std::sync::Arc;

use rayon::prelude::*;
use sim_core::course::{CourseKind, CourseModel, Rates};
use sim_core::engine::Grants;
use sim_core::engine::{Change, Engine, Plan, Policy, Trigger, View, Wakes, World};
use sim_core::model::{
    Appetite, Checkpoint, Class, Gang, Job as Spec, Keep, Market, Offering, Risk, Shape, Terms,
};
use sim_core::units::{JobId, ModelId, Price, SimTime, Span, ZoneId, convert};
use sim_core::world::{Calendar, Curve, Lifetime, Trace};

/// A job that writes checkpoints on one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// Its work.
    pub(super) work: Span,
    /// Work between checkpoints.
    pub(super) every: Span,
    /// Time to write one.
    pub(super) dump: Span,
    /// Time to come back to one.
    pub(super) restore: Span,
    /// From a failure to a machine that is up again.
    pub(super) downtime: Span,
    /// Mean time up.
    pub(super) mtbf: Span,
}

/// Starts the one job whenever there is a machine.
#[derive(Clone, Debug, Default)]
struct Start(Option<JobId>);

impl Policy for Start {
    fn name(&self) -> &'static str {
        "start"
    }

    fn wakes_on(&self) -> Wakes {
        Wakes::ARRIVAL | Wakes::END | Wakes::NODE
    }

    fn decide(&mut self, view: &View<'_>, plan: &mut Plan<'_>) {
        for change in view.changes() {
            if let Change::Arrived(job) = change {
                self.0 = Some(*job);
            }
        }
        if let Some(job) = self.0.filter(|job| plan.is_pending(*job))
            && let Some(placement) = plan.fits(job)
        {
            plan.start(job, &placement).expect("it fits");
        }
    }

    fn fork(&self) -> Box<dyn Policy + Send> {
        Box::new(self.clone())
    }
}

impl Job {
    /// Mean hours to its end and their standard error, over so many seeds from zero on; `None` if a mean time up of zero
    /// leaves no time to work, or there are not two seeds.
    pub(super) fn mean_h(&self, last: bool, replications: u64) -> Option<(f64, f64)> {
        let world = self.world(last)?;
        let jobs: Arc<[Spec]> = Arc::new([self.spec()]);
        let times: Vec<u64> = (0..replications)
            .into_par_iter()
            .map(|seed| fly(&world, &jobs, seed).us())
            .collect();
        let (count, mut sum, mut squares) = (convert::real(replications), 0.0, 0.0);
        for time in &times {
            let hours = convert::real(*time) / 3.6e9;
            sum += hours;
            squares += hours * hours;
        }
        let mean = sum / count;
        let variance = (squares - sum * mean) / (count - 1.0);
        (replications > 1).then(|| (mean, (variance.max(0.0) / count).sqrt()))
    }

    fn spec(&self) -> Spec {
        Spec::plain(SimTime::ZERO, self.work.us(), Gang::of(1, 1))
    }

    /// One spot machine that comes back by itself; nothing fails while it is down.
    fn world(&self, last: bool) -> Option<World> {
        let machine = Offering {
            name: "spot".to_owned(),
            shape: Shape {
                gpus: 1,
                model: ModelId(0),
                cpu_milli: 0,
                memory_mib: 0,
            },
            mig: None,
            market: Market::Spot,
            zone: ZoneId(0),
            rack_size: 0,
            initial: 1,
            min: 1,
            max: 1,
            standing: true,
            boot: self.downtime,
            notice: Span::ZERO,
            price: Curve::constant(Price::ZERO),
            visible: true,
            availability: Curve::constant(1),
            risk: Risk {
                lifetime: Lifetime::exponential(self.mtbf).ok()?,
                ..Risk::default()
            },
            terms: Terms::default(),
        };
        let class = Class {
            name: "job".to_owned(),
            course: CourseModel {
                kind: CourseKind::Linear,
                rates: Rates::default(),
            },
            checkpoint: Checkpoint {
                keep: Keep::Every(self.every),
                dump: self.dump,
                last,
                restore: self.restore,
                ..Checkpoint::default()
            },
            appetite: Appetite::default(),
        };
        Some(World {
            offerings: vec![machine],
            commitments: Vec::new(),
            budgets: Vec::new(),
            services: Vec::new(),
            sets: Vec::new(),
            quotas: Vec::new(),
            slowdown: None,
            models: vec!["gpu".to_owned()],
            queues: Vec::new(),
            classes: vec![class],
            seed: 0,
            calendar: Calendar::default(),
            trigger: Trigger::Event,
            end: None,
        })
    }
}

/// When the job ends under the luck of a seed.
fn fly(world: &World, jobs: &Arc<[Spec]>, seed: u64) -> SimTime {
    let world = World {
        seed,
        ..world.clone()
    };
    let mut engine = Engine::new(Arc::new(world), Box::new(Trace::new(Arc::clone(jobs))));
    let ended = engine.run(&mut Start::default(), Grants::default(), &mut ());
    ended.expect("it starts a job once an instant");
    engine.now()
}

//! Runs of the engine beside their bounds: random worlds and policies composed at random, none of which is better than what
//! no run is below.

use std::sync::Arc;

use policies::compose::{Composed, Standing};
use policies::keeping::Keeping;
use policies::params::Params;
use policies::registry::{
    ADMISSIONS, BUYERS, Entry, GUARDS, HOURS, ORDERS, PACES, PLACEMENTS, PREEMPTIONS, RELOCATIONS,
    REPLICAS, SCALES, Setting,
};
use scenarios::bounds::world::{Done, nanousd, problem};
use scenarios::bounds::{Problem, Quantity, RELAXATIONS, Unbounded};
use sim_core::engine::{Engine, Grants};
use sim_core::model::Job;
use sim_core::swarm;
use sim_core::units::{SimTime, Span, convert};
use sim_core::watch::{Outcome, Record, Recorder, Recording};
use sim_core::world::Trace;
use sim_core::world::draw::Stream;

use super::drawn::luck;

fn any<T: ?Sized>(entries: &'static [Entry<T>], luck: &mut Stream) -> (&'static Entry<T>, Params) {
    let position = luck.below(convert::wide(entries.len()));
    let entry = &entries[usize::try_from(position).expect("below a length")];
    let params = Params::check(entry.params, &[]).expect("defaults are sound");
    (entry, params)
}

fn first<T: ?Sized>(entries: &'static [Entry<T>], setting: &Setting) -> Box<T> {
    let params = Params::check(entries[0].params, &[]).expect("defaults are sound");
    (entries[0].build)(&params, setting)
}

/// A policy whose parts are drawn.
fn composed(seed: u64, luck: &mut Stream) -> Composed {
    let setting = Setting {
        seed,
        durations: true,
        compat: false,
    };
    let (order, admit) = (any(ORDERS, luck), any(ADMISSIONS, luck));
    let (place, preempt) = (any(PLACEMENTS, luck), any(PREEMPTIONS, luck));
    let (buy, relocate) = (any(BUYERS, luck), any(RELOCATIONS, luck));
    let rules = [GUARDS, HOURS, SCALES, REPLICAS].map(|rules| first(rules, &setting));
    Composed {
        name: "composed".to_owned(),
        order: (order.0.build)(&order.1, &setting),
        admit: (admit.0.build)(&admit.1, &setting),
        place: (place.0.build)(&place.1, &setting),
        preempt: (preempt.0.build)(&preempt.1, &setting),
        buy: (buy.0.build)(&buy.1, &setting),
        relocate: (relocate.0.build)(&relocate.1, &setting),
        keep: Keeping::new(rules, *first(PACES, &setting)),
        state: Standing::default(),
    }
}

/// A run, and the jobs it was of.
struct Run {
    world: Arc<sim_core::engine::World>,
    jobs: Arc<[Job]>,
    warmup: SimTime,
    record: Record,
}

fn fly(seed: u64, luck: &mut Stream) -> Option<Run> {
    let (mut world, jobs) = swarm::scenario(seed);
    let warmup = swarm::terms(seed, &mut world);
    let world = Arc::new(world);
    let estimated = |job: Job| Job {
        estimate: job.estimate.or(Some(Span::from_secs(7))),
        ..job
    };
    let jobs: Arc<[Job]> = jobs.into_iter().map(estimated).collect();
    let recording = Recording {
        warmup,
        sample: None,
        stays: 0,
        attribute: false,
        balance: None,
    };
    let mut recorder = Recorder::new(&world, recording);
    let mut engine = Engine::new(Arc::clone(&world), Box::new(Trace::new(Arc::clone(&jobs))));
    let grants = Grants {
        durations: true,
        ..Grants::default()
    };
    let mut policy = composed(seed, luck);
    engine.run(&mut policy, grants, &mut recorder).ok()?;
    let record = recorder.finish(engine.now());
    Some(Run {
        world,
        jobs,
        warmup,
        record,
    })
}

impl Run {
    /// The problem of what it completed; if only what came by then counts, of that.
    fn problem(&self, from: SimTime) -> Result<Problem, Unbounded> {
        let done = self.jobs.iter().zip(&self.record.rows);
        let done =
            done.filter(|(_, row)| row.outcome == Outcome::Completed && row.finish.get().is_some());
        let done = done.filter(|(_, row)| row.submit >= from);
        let done = done.map(|(job, row)| Done {
            job,
            in_time: row.finish.get() <= row.deadline.get(),
        });
        problem(&self.world, done, self.warmup)
    }

    /// What came of it, in the unit of the bounds.
    fn came_to(&self, of: Quantity) -> u128 {
        let rows = self.record.rows.iter();
        let done = rows.filter(|row| row.outcome == Outcome::Completed);
        let done = done.filter_map(|row| Some((row.submit, row.finish.get()?)));
        match of {
            Quantity::Makespan => done.map(|(_, end)| end.us().into()).max().unwrap_or(0),
            Quantity::FlowTime => done
                .map(|(submit, end)| u128::from(end.since(submit).us()))
                .sum(),
            Quantity::Cost => {
                let total = self.record.ledger.bill().total().nanousd();
                u128::try_from(total).expect("nobody is paid for it")
            }
        }
    }
}

#[test]
fn no_run_of_a_random_policy_in_a_random_world_is_better_than_a_bound() {
    let mut luck = luck("runs");
    let mut ratios = [const { Vec::<f64>::new() }; 3];
    for seed in 0..4000 {
        let Some(run) = fly(seed, &mut luck) else {
            continue;
        };
        let problem = match run.problem(SimTime::ZERO) {
            Ok(problem) => problem,
            Err(Unbounded::Unless(_) | Unbounded::TooLarge) => continue,
            Err(why @ Unbounded::Impossible(_)) => panic!("{seed}: it was done: {why}"),
        };
        for relaxation in RELAXATIONS {
            let bound = match relaxation.bound(&problem) {
                Ok(bound) => bound.value,
                Err(Unbounded::Unless(_) | Unbounded::TooLarge) => continue,
                Err(why @ Unbounded::Impossible(_)) => panic!("{seed}: {}: {why}", relaxation.name),
            };
            let came = run.came_to(relaxation.of);
            let (at, bound) = match relaxation.of {
                Quantity::Makespan => (0, bound),
                Quantity::FlowTime => (1, bound),
                Quantity::Cost => (2, nanousd(bound)),
            };
            assert!(
                bound <= came,
                "scenario {seed}: {}: {bound} above {came}: {:?}",
                relaxation.name,
                problem
            );
            if came > 0 {
                let [bound, came] = [bound, came].map(|n| u64::try_from(n).expect("small"));
                ratios[at].push(convert::real(bound) / convert::real(came));
            }
        }
    }
    for (name, ratios) in ["makespan", "flow time", "cost"].iter().zip(&mut ratios) {
        ratios.sort_by(f64::total_cmp);
        let at = |percent: usize| ratios[(ratios.len() - 1) * percent / 100];
        let quantiles = [10, 50, 90, 100].map(at);
        println!(
            "{name}: {} compared, bound / run: {quantiles:.3?}",
            ratios.len()
        );
        assert!(ratios.len() > 1000, "{name}: {}", ratios.len());
        // Random policies waste much, so that few bounds are near; but some are, or all would be worth nothing.
        assert!(at(100) > 0.5, "{name}: {quantiles:?}");
    }
}

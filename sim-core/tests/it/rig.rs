//! The test rig: runs a policy under the auditor's eyes, and plays it again on the naive simulator.

use std::sync::Arc;

use sim_core::course::{CourseKind, CourseModel, Rates};
use sim_core::engine::{Engine, Fault, Finish, Grants, Policy, Trigger, World};
use sim_core::model::{
    Appetite, Checkpoint, Class, Gang, Job, Market, Offering, Queue, Shape, Terms,
};
use sim_core::naive;
use sim_core::recording::{Recorder, Recording};
use sim_core::units::{ModelId, Price, SimTime, Span, ZoneId};
use sim_core::watch::audit::{Auditor, Report};
use sim_core::watch::{Digests, Transcript, compare};
use sim_core::world::{Calendar, Curve, Trace};

/// All there is to know about a run.
pub(crate) struct Watched {
    pub(crate) finish: Result<Finish, Fault>,
    pub(crate) digests: Digests,
    pub(crate) transcript: Transcript,
    pub(crate) report: Report,
    pub(crate) recording: Recording,
    pub(crate) refusals: u64,
    pub(crate) end: SimTime,
}

pub(crate) fn engine(world: &Arc<World>, jobs: &[Job]) -> Engine {
    Engine::new(Arc::clone(world), Box::new(Trace::new(jobs.into())))
}

/// Runs `policy` with all watching.
pub(crate) fn watch(world: &Arc<World>, jobs: &[Job], policy: Box<dyn Policy + Send>) -> Watched {
    let mut engine = engine(world, jobs);
    let mut recorder = Recorder::new(policy);
    let mut seen = (Auditor::new(Arc::clone(world)), Transcript::default());
    let finish = engine.run(&mut recorder, Grants::default(), &mut seen);
    Watched {
        finish,
        digests: engine.digests(),
        transcript: seen.1,
        report: seen.0.finish(engine.now()),
        recording: recorder.into_recording(),
        refusals: engine.counters().refusals,
        end: engine.now(),
    }
}

/// Runs `policy` and holds it against the auditor and the naive simulator.
pub(crate) fn check(
    what: &str,
    world: &Arc<World>,
    jobs: &[Job],
    zoo: &crate::zoo::Animal,
) -> Watched {
    let mut seen = watch(world, jobs, zoo.policy());
    seen.recording.names_gpus = zoo.names_gpus();
    agree(what, world, jobs, &seen);
    seen
}

/// Holds what was seen against the auditor and the naive simulator.
pub(crate) fn agree(what: &str, world: &Arc<World>, jobs: &[Job], seen: &Watched) {
    let violations = &seen.report.violations;
    assert!(
        violations.is_empty(),
        "{what}: {}\n{}",
        violations[0],
        tail(seen)
    );
    assert_eq!(seen.refusals, seen.report.refusals, "{what}: refusals");
    let mut again = Transcript::default();
    let finish = naive::replay(world, jobs, &seen.recording, &mut again);
    if let Some(difference) = compare(&seen.transcript, &again) {
        panic!("{what}: {difference}; {finish:?}\n{}", tail(seen));
    }
    assert_eq!(finish.ok(), seen.finish.clone().ok(), "{what}: finish");
}

/// The last lines of a transcript.
pub(crate) fn tail(seen: &Watched) -> String {
    let lines = &seen.transcript.lines;
    let shown = lines[lines.len().saturating_sub(60)..].iter();
    let shown = shown.map(|(at, line)| format!("  {}us {line}", at.us()));
    shown.collect::<Vec<_>>().join("\n")
}

/// An offering of `nodes` nodes of `gpus` GPUs that never change.
pub(crate) fn fleet(nodes: u32, gpus: u32) -> Offering {
    Offering {
        name: format!("{nodes}x{gpus}"),
        shape: Shape {
            gpus,
            model: ModelId(0),
            cpu_milli: 64_000,
            memory_mib: 65_536,
        },
        mig: None,
        market: Market::Owned,
        zone: ZoneId(0),
        rack_size: nodes,
        initial: nodes,
        min: 0,
        max: nodes,
        standing: false,
        boot: Span::ZERO,
        notice: Span::ZERO,
        price: Curve::constant(Price::ZERO),
        visible: true,
        risk: sim_core::model::Risk::default(),
        terms: Terms::default(),
        availability: Curve::constant(nodes),
    }
}

/// A world of these fleets with one linear class that keeps everything and restores at once.
pub(crate) fn world(offerings: Vec<Offering>) -> World {
    World {
        offerings,
        models: vec!["a".to_owned(), "b".to_owned()],
        queues: vec![Queue::named("only")],
        classes: vec![Class {
            name: "plain".to_owned(),
            course: CourseModel {
                kind: CourseKind::Linear,
                rates: Rates::default(),
            },
            checkpoint: Checkpoint::default(),
            appetite: Appetite::default(),
        }],
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
    }
}

/// A job of one task: when it comes, how many GPUs, how many seconds.
pub(crate) fn job(arrival_s: u64, gpus: u16, work_s: u64) -> Job {
    Job::plain(
        SimTime::from_secs(arrival_s),
        work_s * 1_000_000,
        Gang::of(1, gpus),
    )
}

/// Step curve of machines, in seconds.
pub(crate) fn steps(steps: &[(u64, u32)]) -> Curve<u32> {
    let steps = steps
        .iter()
        .map(|(at, nodes)| (SimTime::from_secs(*at), *nodes));
    Curve::new(steps.collect()).unwrap()
}

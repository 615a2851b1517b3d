//! How many replicas may take no requests: the plan refuses what would leave too few, and auditor and naive simulator see to it.

use std::sync::Arc;

use sim_core::engine::{Engine, Grants, Listed, Plan, Refusal, ReplicaSet, Service};
use sim_core::engine::{Wakes, World};
use sim_core::model::{Checkpoint, Keep};
use sim_core::naive;
use sim_core::recording::Recorder;
use sim_core::serve::{self, Batch, Luck, PoolModel, Request, Serving};
use sim_core::units::{JobId, ServiceId, SimTime, Span};
use sim_core::watch::audit::Auditor;
use sim_core::world::Trace;

use crate::rig::{agree, fleet, job, watch, world};
use crate::zoo::{Script, Scripted};

/// Three replicas on as many nodes, each with five seconds to load.
fn three(max_unavailable: Option<u32>) -> Arc<World> {
    let mut world = world(vec![fleet(3, 1)]);
    world.classes[0].checkpoint = Checkpoint {
        keep: Keep::Nothing,
        setup: Span::from_secs(5),
        restore: Span::from_secs(5),
        ..Checkpoint::default()
    };
    let luck = Luck {
        seed: 1,
        service: "three".to_owned(),
    };
    let requests = (0..20).map(|id| Request::plain(id, SimTime::from_secs(id)));
    world.services.push(Service {
        name: "three".to_owned(),
        requests: Arc::new(Listed(requests.collect())),
        model: PoolModel {
            retries: 9,
            ..PoolModel::plain(luck)
        },
        max_unavailable,
        fluid: None,
    });
    world.sets.push(ReplicaSet {
        name: "all".to_owned(),
        service: ServiceId(0),
        way: 0,
        serving: Serving::Batch(Arc::new(Batch {
            servers: 1,
            size: 1,
            timeout: Span::ZERO,
            line: None,
            service: serve::Service::Affine {
                fixed: Span::from_secs(2),
                per_request: Span::ZERO,
            },
        })),
        replica: job(0, 1, 1_000_000),
        initial: 3,
        max: 4,
    });
    world.end = Some(SimTime::from_secs(60));
    Arc::new(world)
}

const START_ALL: Script = |view, plan| {
    for job in view.pending() {
        if let Some(placement) = plan.fits(job.id()) {
            plan.start(job.id(), &placement).unwrap();
        }
    }
};

#[test]
fn no_more_than_may_are_interrupted_at_a_time() {
    let script: Script = |view, plan| {
        let mut jobs: Vec<JobId> = view.running().map(|job| job.id()).collect();
        jobs.sort_unstable();
        let unavailable = |job| Err(Refusal::Unavailable(job));
        let again = |plan: &mut Plan<'_>, job| {
            plan.preempt(job).unwrap();
            let placement = plan.fits(job).unwrap();
            plan.start(job, &placement).unwrap();
        };
        match view.now().us() / 1_000_000 {
            0 => {
                START_ALL(view, plan);
                for second in [3, 10, 12, 15, 20] {
                    plan.wake_at(SimTime::from_secs(second)).unwrap();
                }
            }
            // None takes requests yet: whoever loads may be interrupted.
            3 => assert!(jobs.iter().all(|job| plan.can_spare(*job))),
            10 => {
                let mark = plan.mark();
                plan.preempt(jobs[0]).unwrap();
                assert_eq!(plan.preempt(jobs[1]), unavailable(jobs[1]));
                plan.rollback(mark);
                // What was taken back does not count.
                again(plan, jobs[1]);
                assert!(!plan.can_spare(jobs[2]));
            }
            // It loads anew until 15, and is not missed before.
            12 => {
                assert_eq!(plan.preempt(jobs[0]), unavailable(jobs[0]));
                assert!(plan.can_spare(jobs[1]));
            }
            15 => again(plan, jobs[0]),
            20 if jobs.len() == 3 => {
                // One that is to go is not missed.
                plan.retire(jobs[1]).unwrap();
                plan.preempt(jobs[1]).unwrap();
                plan.preempt(jobs[2]).unwrap();
            }
            _ => {}
        }
    };
    let (world, policy) = (three(Some(1)), Scripted::policy(Wakes::ALL, script));
    let seen = watch(&world, &[], policy);
    agree("by hand", &world, &[], &seen);
    // That of 12.
    assert_eq!(seen.refusals, 1);
    assert_eq!(seen.report.interrupted, 4);
}

#[test]
fn who_watches_objects_where_too_few_are_left() {
    let script: Script = |view, plan| {
        START_ALL(view, plan);
        if view.now() == SimTime::ZERO {
            plan.wake_at(SimTime::from_secs(9)).unwrap();
        }
        if view.now() == SimTime::from_secs(9) {
            for job in view.running() {
                plan.preempt(job.id()).unwrap();
            }
        }
    };
    let (free, bound) = (three(None), three(Some(2)));
    let trace = Trace::new([].into());
    let mut engine = Engine::new(Arc::clone(&free), Box::new(trace));
    let mut recorder = Recorder::new(Scripted::policy(Wakes::ALL, script));
    let mut auditors = (
        Auditor::new(Arc::clone(&free)),
        Auditor::new(Arc::clone(&bound)),
    );
    let finish = engine.run(&mut recorder, Grants::default(), &mut auditors);
    finish.expect("it goes on to the end");
    let clean = auditors.0.finish(engine.now());
    assert!(clean.is_clean(), "{:?}", clean.violations);
    let blamed = auditors.1.finish(engine.now()).violations;
    assert_eq!(blamed.len(), 1, "{blamed:?}");
    let recording = recorder.into_recording();
    assert!(naive::replay(&free, &[], &recording, &mut ()).is_ok());
    let objection = naive::replay(&bound, &[], &recording, &mut ());
    let objection = objection.expect_err("two of three are gone");
    assert!(
        objection.to_string().contains("a service has its replicas"),
        "{objection}"
    );
}

//! Every refusal, reached; and a policy that makes an instant happen for ever.

use std::sync::Arc;

use sim_core::engine::{Decision, Fault, Finish, Grants, Plan, Refusal, View, Wakes};
use sim_core::model::{
    Demand, Gang, GpuDemand, GpuSet, Job, MarketSet, ModelSet, Offering, OfferingSet,
};
use sim_core::model::{Placement, Role, Seat};
use sim_core::naive::{self, Objection};
use sim_core::recording::Answer;
use sim_core::units::{JobId, ModelId, NodeId, OfferingId, SimTime, Span};
use sim_core::watch::{Transcript, compare};

use crate::rig::{check, engine, fleet, job, watch, world};
use crate::zoo::{Animal, Script, Scripted};

fn placement(seats: &[(u32, u16, u32, u64)]) -> Placement {
    let seat = |(node, role, tasks, gpus): &(u32, u16, u32, u64)| Seat {
        gpus: GpuSet(*gpus),
        ..Seat::anywhere(NodeId(*node), *role, *tasks)
    };
    Placement {
        seats: seats.iter().map(seat).collect(),
    }
}

/// Two nodes of two GPUs; two of another model, of which at least one must stay; one that is not
/// there yet.
fn offerings() -> Vec<Offering> {
    let mut other = fleet(2, 2);
    (other.shape.model, other.min) = (ModelId(1), 1);
    let absent = Offering {
        initial: 0,
        ..fleet(1, 2)
    };
    vec![fleet(2, 2), other, absent]
}

/// What is refused about jobs; the first job is started in between.
fn refused_jobs(view: &View<'_>, plan: &mut Plan<'_>) {
    let (first, second) = (JobId::unpack(0), JobId::unpack(1 << 32 | 1));
    assert!(view.job(first).is_some());
    let start = |seats: &[(u32, u16, u32, u64)]| placement(seats);
    let good = start(&[(0, 0, 1, 0)]);
    let nobody = JobId::unpack(99 << 32);
    assert_eq!(plan.start(nobody, &good), Err(Refusal::NoSuchJob(nobody)));
    assert_eq!(plan.preempt(nobody), Err(Refusal::NoSuchJob(nobody)));
    assert_eq!(plan.reject(nobody), Err(Refusal::NoSuchJob(nobody)));
    assert_eq!(plan.preempt(first), Err(Refusal::NotRunning(first)));
    for seats in [
        start(&[]),
        start(&[(0, 0, 0, 0)]),
        start(&[(0, 0, 2, 0)]),
        start(&[(0, 1, 1, 0)]),
        start(&[(0, 0, 1, 0), (1, 0, 1, 0)]),
    ] {
        assert_eq!(plan.start(first, &seats), Err(Refusal::NotTheGang(first)));
    }
    let refused = |node| {
        (
            Refusal::NoSuchNode(NodeId(node)),
            Refusal::Closed(NodeId(node)),
        )
    };
    let at = |node| start(&[(node, 0, 1, 0)]);
    assert_eq!(plan.start(first, &at(99)), Err(refused(99).0));
    assert_eq!(plan.start(first, &at(4)), Err(refused(4).1));
    assert_eq!(
        plan.start(first, &at(2)),
        Err(Refusal::WrongModel(NodeId(2)))
    );
    for gpus in [0b100, 0b11, 1 << 63] {
        let there = start(&[(0, 0, 1, gpus)]);
        assert_eq!(plan.start(first, &there), Err(Refusal::NoRoom(NodeId(0))));
    }
    let gang = start(&[(0, 0, 1, 0), (2, 0, 1, 0)]);
    assert_eq!(
        plan.start(second, &gang),
        Err(Refusal::WrongModel(NodeId(2)))
    );
    assert!(plan.decisions().is_empty(), "nothing was done");
    plan.start(first, &good).unwrap();
    assert_eq!(plan.start(first, &good), Err(Refusal::NotPending(first)));
    assert_eq!(plan.reject(first), Err(Refusal::NotPending(first)));
    assert_eq!(plan.preempt(first), Err(Refusal::NotRunning(first)));
    let taken = start(&[(0, 0, 1, 1), (1, 0, 1, 0)]);
    assert_eq!(plan.start(second, &taken), Err(Refusal::NoRoom(NodeId(0))));
}

/// What is refused about nodes, what to hold and when to be asked; the first job runs on node 0.
fn refused_others(view: &View<'_>, plan: &mut Plan<'_>) {
    assert_eq!(plan.release(NodeId(0)), Err(Refusal::Busy(NodeId(0))));
    assert_eq!(
        plan.release(NodeId(99)),
        Err(Refusal::NoSuchNode(NodeId(99)))
    );
    assert_eq!(plan.drain(NodeId(4)), Err(Refusal::NotReady(NodeId(4))));
    plan.drain(NodeId(3)).unwrap();
    let other = OfferingId(1);
    assert_eq!(plan.drain(NodeId(2)), Err(Refusal::AtMinimum(other)));
    assert_eq!(plan.drain(NodeId(3)), Err(Refusal::NotReady(NodeId(3))));
    let nowhere = OfferingId(9);
    assert_eq!(
        plan.request(nowhere, 1),
        Err(Refusal::NoSuchOffering(nowhere))
    );
    let absent = OfferingId(2);
    for count in [0, 2, u32::MAX] {
        assert_eq!(plan.request(absent, count), Err(Refusal::OverQuota(absent)));
    }
    for at in [SimTime::ZERO, view.now()] {
        assert_eq!(plan.wake_at(at), Err(Refusal::NotInFuture(at)));
    }
}

#[test]
fn every_refusal_is_reached_and_nothing_of_it_is_done() {
    let script: Script = |view, plan| {
        if view.now() == SimTime::ZERO {
            refused_jobs(view, plan);
            refused_others(view, plan);
        }
    };
    let mut two = job(0, 1, 5);
    two.gang = Gang::of(2, 1);
    let narrow = Job {
        models: ModelSet::NONE.with(ModelId(0)),
        ..job(0, 1, 5)
    };
    let world = Arc::new(world(offerings()));
    let seen = watch(&world, &[narrow, two], Scripted::policy(Wakes::ALL, script));
    assert!(seen.report.is_clean(), "{:?}", seen.report.violations);
    assert_eq!(seen.report.refusals, 31);
    assert_eq!(
        seen.refusals, 31,
        "each is counted, for the policy took no notice"
    );
    let decisions: usize = seen
        .recording
        .asked
        .iter()
        .map(|answer| answer.decisions.len())
        .sum();
    assert_eq!(decisions, 2, "one start, one drain");
    assert_eq!(seen.finish, Ok(Finish::Stuck));
}

#[test]
fn a_policy_that_makes_an_instant_happen_for_ever_is_stopped() {
    let bought = Offering {
        initial: 0,
        ..fleet(1, 1)
    };
    // Without a boot each request makes a further batch of the same instant.
    let restless: Script = |view, plan| {
        if plan.may_leave(NodeId(1)) {
            plan.release(NodeId(1)).unwrap();
        }
        if view.pending_len() > 0 {
            plan.request(OfferingId(1), 1).unwrap();
        }
    };
    let world = Arc::new(world(vec![fleet(1, 1), bought]));
    let jobs = [job(3, 2, 1)];
    let seen = watch(&world, &jobs, Scripted::policy(Wakes::ALL, restless));
    let at = SimTime::from_secs(3);
    let policy = "scripted".to_owned();
    assert_eq!(seen.finish, Err(Fault::Livelock { policy, at }));
    assert_eq!(seen.recording.asked.len(), 1_000);
    let mut naive = Transcript::default();
    let finish = naive::replay(&world, &jobs, &seen.recording, &mut naive);
    assert_eq!(finish, Err(Objection::Livelock(at)));
    assert_eq!(compare(&seen.transcript, &naive), None);
}

#[test]
fn a_policy_that_only_watches_the_clock_is_stopped() {
    let script: Script = |view, plan| {
        let next = view.now() + Span::from_us(1).unwrap();
        plan.wake_at(next).unwrap();
    };
    let mut engine = engine(&Arc::new(world(vec![fleet(1, 1)])), &[job(0, 2, 1)]);
    let mut policy = Scripted::policy(Wakes::WAKE | Wakes::ARRIVAL, script);
    let finish = engine.run(&mut *policy, Grants::default(), &mut ());
    assert!(matches!(finish, Err(Fault::Idle { .. })), "{finish:?}");
}

/// Looks once in `EVERY` seconds; the second node comes or goes each time; what fits is started from the day `FROM` on.
fn swapping<const EVERY: u64, const FROM: u64>(view: &View<'_>, plan: &mut Plan<'_>) {
    if plan.request(OfferingId(1), 1).is_err() || view.now().us() % 2 == 1 {
        plan.release(NodeId(1)).unwrap();
    }
    let waits = view.pending().next().map(|job| job.id());
    if let Some(job) = waits.filter(|_| view.now() >= SimTime::from_secs(FROM * 86_400)) {
        // A node of one GPU is too small for some of them.
        let _ = plan.start(job, &placement(&[(0, 0, 1, 0)]));
    }
    let next = view.now().saturating_add(Span::from_secs(EVERY));
    plan.wake_at(next).unwrap();
}

#[test]
fn where_only_machines_come_and_go_a_run_is_stuck() {
    let bought = Offering {
        initial: 0,
        ..fleet(1, 1)
    };
    let after = |gpus: u16, script: Script| {
        let world = Arc::new(world(vec![fleet(1, 1), bought.clone()]));
        let jobs = [job(60, gpus, 1)];
        let policy = Scripted::policy(Wakes::WAKE | Wakes::ARRIVAL, script);
        let seen = watch(&world, &jobs, policy);
        assert!(seen.report.is_clean(), "{:?}", seen.report.violations);
        let mut naive = Transcript::default();
        let finish = naive::replay(&world, &jobs, &seen.recording, &mut naive);
        assert_eq!(compare(&seen.transcript, &naive), None);
        assert_eq!(seen.finish.clone().ok(), finish.ok());
        (seen.finish, seen.recording.asked.len())
    };
    // Too large for the machines: over after thirty days of minutes, or after ten thousand hours.
    assert_eq!(after(2, swapping::<60, 0>), (Ok(Finish::Stuck), 43_201));
    assert_eq!(after(2, swapping::<3600, 0>), (Ok(Finish::Stuck), 10_000));
    // Whoever starts it in time is waited for.
    let late = after(1, swapping::<60, 29>);
    assert_eq!(late.0, Ok(Finish::Drained));
}

#[test]
fn the_naive_simulator_objects_to_a_forged_recording() {
    let world = Arc::new(world(vec![fleet(2, 2)]));
    let share = Role {
        tasks: 1,
        least: 1,
        demand: Demand {
            gpu: GpuDemand::Milli(600),
            cpu_milli: 0,
            memory_mib: 0,
            markets: MarketSet::ANY,
            offerings: OfferingSet::ANY,
        },
    };
    let shared = Job {
        gang: Gang::One(share),
        ..job(0, 1, 9)
    };
    let jobs = [job(0, 1, 5), shared, job(1, 2, 5)];
    let seen = check("genuine", &world, &jobs, &Animal::Ant);
    let forge = |change: fn(&mut Vec<Answer>)| {
        let mut recording = seen.recording.clone();
        change(&mut recording.asked);
        naive::replay(&world, &jobs, &recording, &mut ())
    };
    assert_eq!(forge(|_| ()), Ok(Finish::Drained));
    let at = SimTime::from_secs;
    let missing = forge(|asked| drop(asked.remove(1)));
    assert_eq!(missing, Err(Objection::Unrecorded(at(1), Some(at(5)))));
    let cut = forge(|asked| asked.truncate(1));
    assert_eq!(cut, Err(Objection::Unrecorded(at(1), None)));
    let longer = forge(|asked| {
        asked.push(Answer {
            at: SimTime::from_secs(99),
            decisions: Vec::new(),
            wakes: Wakes::ALL,
        });
    });
    assert_eq!(longer, Err(Objection::Superfluous(at(99))));
    let illegal = |finish| matches!(finish, Err(Objection::Illegal(..)));
    assert!(
        illegal(forge(|asked| asked[0].decisions.swap(0, 1))),
        "GPU 0 goes first"
    );
    assert!(illegal(forge(|asked| {
        let twice = asked[0].decisions[0].clone();
        asked[0].decisions.push(twice);
    })));
    assert!(illegal(forge(|asked| {
        asked[0].decisions.push(Decision::WakeAt(SimTime::ZERO));
    })));
}

//! Quotas that offerings share: what they count, what they leave, and who sees them exceeded.

use std::sync::Arc;

use sim_core::engine::{Headroom, Refusal, Wakes, World};
use sim_core::model::{Counted, Offering, Quota};
use sim_core::naive::{self, Objection};
use sim_core::recording::Recording;
use sim_core::units::{NodeId, OfferingId, SimTime, Span};

use crate::rig::{Watched, fleet, job, steps, watch, world};
use crate::zoo::{Script, Scripted, start_all};

const A: OfferingId = OfferingId(0);
const B: OfferingId = OfferingId(1);

/// Up to four machines of two GPUs, of which so many are there at first.
fn elastic(initial: u32) -> Offering {
    Offering {
        initial,
        ..fleet(4, 2)
    }
}

/// A quota over both offerings.
fn quota(counted: Counted, most: u64) -> Quota {
    Quota {
        name: "both".to_owned(),
        counted,
        most,
        covers: vec![A, B],
    }
}

fn limited(offerings: Vec<Offering>, quota: Quota) -> Arc<World> {
    Arc::new(World {
        quotas: vec![quota],
        ..world(offerings)
    })
}

/// Runs a script to the end, under the eyes of the auditor, and again on the naive simulator.
fn run(world: &Arc<World>, wakes: Wakes, script: Script) -> Watched {
    let jobs = [job(0, 1, 5), job(2, 1, 9)];
    let seen = watch(world, &jobs, Scripted::policy(wakes, script));
    assert!(seen.report.is_clean(), "{:?}", seen.report.violations);
    let again = naive::replay(world, &jobs, &seen.recording, &mut ());
    assert_eq!(again.ok(), seen.finish.clone().ok());
    seen
}

#[test]
fn offerings_together_hold_no_more_than_their_quota() {
    // What is held, asked for in the same plan, and let go again counts.
    let script: Script = |view, plan| {
        if plan.holds(A) != 2 || plan.holds(B) != 1 {
            return;
        }
        assert_eq!([A, B].map(|of| plan.room(of)), [2, 2]);
        plan.request(A, 1).unwrap();
        assert_eq!([A, B].map(|of| plan.room(of)), [1, 1]);
        assert_eq!(plan.request(B, 2), Err(Refusal::OverQuota(B)));
        let mark = plan.mark();
        plan.request(B, 1).unwrap();
        assert_eq!([A, B].map(|of| plan.room(of)), [0, 0]);
        plan.rollback(mark);
        assert_eq!(plan.room(B), 1);
        plan.release(NodeId(0)).unwrap();
        assert_eq!(plan.room(B), 2);
        plan.release(NodeId(1)).unwrap();
        assert_eq!(plan.room(B), 2, "what a fleet begins with is set aside");
        start_all(view, plan);
    };
    let world = limited(vec![elastic(2), elastic(1)], quota(Counted::Nodes, 5));
    run(&world, Wakes::ALL, script);
}

#[test]
fn a_machine_that_leaves_makes_room_at_once_if_it_is_empty() {
    let script: Script = |view, plan| {
        let now = view.now().us() / 1_000_000;
        if now == 0 && plan.room(A) > 0 {
            plan.request(A, 1).unwrap();
            assert_eq!(plan.room(B), 0);
        } else if now == 2 {
            // The first job runs on it: it is held until that has ended.
            let node = NodeId(0);
            assert_eq!(plan.release(node), Err(Refusal::Busy(node)));
            plan.drain(node).unwrap();
            assert_eq!(plan.room(B), 0);
        } else if now == 6 && plan.holds(B) == 0 {
            assert_eq!(plan.room(B), 1);
            plan.request(B, 1).unwrap();
        }
        start_all(view, plan);
        if now < 6 {
            plan.wake_at(SimTime::from_secs(6)).unwrap();
        }
    };
    let world = limited(vec![elastic(0), elastic(0)], quota(Counted::Nodes, 1));
    run(&world, Wakes::ALL, script);
}

#[test]
fn a_quota_counts_gpus_or_cpus_or_machines() {
    let large = Offering {
        shape: sim_core::model::Shape {
            gpus: 8,
            cpu_milli: 96_000,
            ..fleet(4, 8).shape
        },
        ..elastic(0)
    };
    // Machines of two GPUs and 64 CPUs beside machines of eight and 96.
    for (counted, most, room) in [
        (Counted::Gpus, 20, [4, 2]),
        (Counted::Gpus, 7, [3, 0]),
        (Counted::CpuMilli, 200_000, [3, 2]),
        (Counted::Nodes, 3, [3, 3]),
        (Counted::Nodes, 0, [0, 0]),
    ] {
        let limited = limited(vec![elastic(0), large.clone()], quota(counted, most));
        let headroom = Headroom::of(&limited);
        let most = [A, B].map(|of| headroom.room(of, 0).min(4));
        assert_eq!(most, room, "{counted:?} {most:?}");
        let mut taken = headroom.clone();
        taken.shift(B, 0, most[1]);
        assert_eq!(taken.room(B, most[1]), headroom.room(B, 0) - most[1]);
        assert_eq!(taken.anew().room(A, 0), headroom.room(A, 0));
        assert!(headroom.are_rivals(A, B));
    }
    let free = Headroom::of(&world(vec![elastic(0), large]));
    assert_eq!(free.room(A, 7), u32::MAX);
    assert!(!free.are_rivals(A, A));
}

#[test]
fn the_machines_that_take_least_of_a_quota_hold_the_most_tasks() {
    let large = Offering {
        shape: fleet(4, 8).shape,
        ..elastic(0)
    };
    let tasks = |most, rooms: [u32; 2]| {
        let world = limited(vec![elastic(0), large.clone()], quota(Counted::Gpus, most));
        let offers = [A, B].into_iter().zip(rooms);
        Headroom::of(&world).tasks(offers.map(|(of, room)| (of, 4, room)))
    };
    // Of machines of two GPUs and of eight: one task on either, then four on the large ones.
    assert_eq!(tasks(16, [1, 1]), 4 + 1);
    assert_eq!(tasks(16, [1, 5]), 10);
    assert_eq!(tasks(16, [0, 1]), 2, "what holds none takes nothing");
    assert_eq!(tasks(99, [1, 5]), 24);
    let free = Headroom::of(&world(vec![elastic(0), large.clone()]));
    assert_eq!(free.tasks([(A, 4, 1), (B, 3, 5)].into_iter()), 19);
}

#[test]
fn what_a_policy_is_shown_as_the_most_is_what_quotas_could_ever_leave() {
    let script: Script = |view, _| {
        let most = [A, B].map(|of| view.offering(of).unwrap().max);
        assert_eq!(most, [3, 2]);
    };
    // Two of A are set aside, and one of B: of four one is left for either.
    let world = limited(vec![elastic(2), elastic(1)], quota(Counted::Nodes, 4));
    run(&world, Wakes::ARRIVAL, script);
}

#[test]
fn what_stands_comes_back_though_others_would_have_its_place() {
    let standing = Offering {
        standing: true,
        notice: Span::from_secs(1),
        availability: steps(&[(0, 4), (3, 0), (7, 4)]),
        ..elastic(2)
    };
    let script: Script = |view, plan| {
        start_all(view, plan);
        if plan.room(B) > 0 {
            plan.request(B, plan.room(B)).unwrap();
        }
        let held = [A, B].map(|of| view.offering(of).unwrap().held);
        assert!(held[0] + held[1] <= 3, "{held:?}");
        assert!(held[1] <= 1, "two are set aside");
    };
    let world = limited(vec![standing, elastic(0)], quota(Counted::Nodes, 3));
    let seen = run(&world, Wakes::ALL, script);
    let again = "offering 0: 2 of 2 granted";
    let came = seen.transcript.lines.iter().any(|(at, line)| {
        *at == SimTime::from_secs(7) && (line.contains(again) || line.contains("granted"))
    });
    assert!(came, "{:?}", seen.transcript.lines);
}

#[test]
fn the_naive_simulator_objects_to_a_request_over_a_quota() {
    let script: Script = |view, plan| {
        if plan.holds(A) == 1 {
            plan.request(A, 1).unwrap();
            plan.request(B, 1).unwrap();
        }
        start_all(view, plan);
    };
    let offerings = || vec![elastic(1), elastic(1)];
    let wide = limited(offerings(), quota(Counted::Gpus, 8));
    let seen = run(&wide, Wakes::ALL, script);
    let replay = |most, recording: &Recording| {
        let world = limited(offerings(), quota(Counted::Gpus, most));
        naive::replay(&world, &[job(0, 1, 5), job(2, 1, 9)], recording, &mut ())
    };
    assert_eq!(replay(8, &seen.recording).ok(), seen.finish.ok());
    let illegal = replay(7, &seen.recording);
    assert!(
        matches!(illegal, Err(Objection::Illegal(..))),
        "{illegal:?}"
    );
}

#[test]
#[should_panic(expected = "quotas leave what stands")]
fn a_world_whose_quota_is_less_than_what_stands_is_no_world() {
    let _headroom = Headroom::of(&limited(
        vec![elastic(2), elastic(1)],
        quota(Counted::Nodes, 2),
    ));
}

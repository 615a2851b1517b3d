//! What the checkers found in the engine, as the smallest runs that showed it.

use std::sync::Arc;

use sim_core::course::{CourseKind, CourseModel, Rates};
use sim_core::engine::{Finish, Trigger, Wakes, World};
use sim_core::model::{Demand, Gang, GpuDemand, Job, MarketSet, Offering, OfferingSet, Role};
use sim_core::units::{NodeId, OfferingId, SimTime, Span};

use crate::rig::{fleet, job, steps, watch, world};
use crate::zoo::{Script, Scripted, start_all};

/// Runs a script; returns how the run ended, the seconds at which it was asked, and the facts.
fn run(
    world: World,
    jobs: &[Job],
    wakes: Wakes,
    script: Script,
) -> (Finish, Vec<u64>, Vec<String>) {
    let seen = watch(&Arc::new(world), jobs, Scripted::policy(wakes, script));
    let asked = seen.recording.asked.iter();
    let asked = asked.map(|answer| answer.at.us() / 1_000_000).collect();
    let lines = seen.transcript.lines.into_iter();
    let lines = lines.map(|(at, line)| format!("{at} {line}")).collect();
    (seen.finish.unwrap(), asked, lines)
}

#[test]
fn a_draining_machine_takes_its_slot_until_it_is_gone() {
    let fleet = Offering {
        availability: steps(&[(0, 9)]),
        ..fleet(1, 1)
    };
    let script: Script = |view, plan| {
        if view.now() == SimTime::ZERO {
            start_all(view, plan);
            plan.drain(NodeId(0)).unwrap();
            // The only slot is taken by a machine that runs a job: one more is over the maximum.
            assert!(plan.request(OfferingId(0), 1).is_err());
        }
    };
    run(world(vec![fleet]), &[job(0, 1, 5)], Wakes::ALL, script);
}

#[test]
fn a_node_with_a_job_that_asks_for_nothing_is_busy() {
    let nothing = Role {
        tasks: 1,
        least: 1,
        demand: Demand {
            gpu: GpuDemand::None,
            cpu_milli: 0,
            memory_mib: 0,
            markets: MarketSet::ANY,
            offerings: OfferingSet::ANY,
        },
    };
    let light = Job {
        gang: Gang::One(nothing),
        ..job(0, 1, 5)
    };
    let script: Script = |view, plan| {
        if view.now() == SimTime::ZERO {
            start_all(view, plan);
            assert!(plan.release(NodeId(0)).is_err());
        }
    };
    run(world(vec![fleet(1, 1)]), &[light], Wakes::ALL, script);
}

#[test]
fn a_standing_fleet_comes_back_when_the_notice_runs_out_after_availability_has() {
    let fleet = Offering {
        standing: true,
        notice: Span::from_secs(10),
        availability: steps(&[(0, 2), (5, 1), (8, 2), (100, 2)]),
        ..fleet(2, 1)
    };
    let jobs = [job(0, 1, 50)];
    let (_, _, facts) = run(world(vec![fleet]), &jobs, Wakes::ALL, start_all);
    assert!(
        facts.contains(&"15s node 1 launch 1 is ready".to_owned()),
        "{facts:#?}"
    );
}

#[test]
fn a_standing_fleet_does_not_grow_beyond_what_it_had() {
    let fleet = Offering {
        standing: true,
        initial: 1,
        availability: steps(&[(0, 4), (5, 3)]),
        ..fleet(4, 1)
    };
    let (_, _, facts) = run(world(vec![fleet]), &[job(0, 1, 50)], Wakes::ALL, start_all);
    assert!(
        !facts.iter().any(|fact| fact.contains("granted")),
        "{facts:#?}"
    );
}

#[test]
fn a_policy_that_wakes_on_nodes_is_asked_when_one_is_released_with_its_last_job() {
    let script: Script = |view, plan| {
        start_all(view, plan);
        if view.now() == SimTime::ZERO {
            plan.drain(NodeId(0)).unwrap();
            plan.wake_at(SimTime::from_secs(99)).unwrap();
        }
    };
    let wakes = Wakes::ARRIVAL | Wakes::NODE;
    let jobs = [job(0, 1, 5), job(0, 2, 9)];
    let (_, asked, _) = run(world(vec![fleet(1, 1), fleet(1, 2)]), &jobs, wakes, script);
    assert_eq!(asked, [0, 5]);
}

#[test]
fn a_policy_that_wakes_on_notices_is_asked_only_when_there_is_one() {
    let fleet = Offering {
        notice: Span::from_secs(100),
        availability: steps(&[(0, 3), (5, 2), (8, 1)]),
        ..fleet(2, 1)
    };
    let wakes = Wakes::ARRIVAL | Wakes::NOTICE;
    let (_, asked, _) = run(world(vec![fleet]), &[job(0, 1, 20)], wakes, start_all);
    assert_eq!(asked, [0, 8]);
}

#[test]
fn a_policy_that_wakes_on_ends_is_not_asked_when_an_idle_node_is_lost() {
    let fleet = Offering {
        availability: steps(&[(0, 2), (5, 1)]),
        ..fleet(2, 1)
    };
    let wakes = Wakes::ARRIVAL | Wakes::END;
    let jobs = [job(0, 1, 20), job(30, 1, 1)];
    let (_, asked, _) = run(world(vec![fleet]), &jobs, wakes, start_all);
    assert_eq!(asked, [0, 20, 30, 31]);
}

#[test]
fn the_step_that_an_interruption_cuts_short_is_told_as_lost() {
    let mut steps = world(vec![fleet(1, 1)]);
    steps.classes[0].course = CourseModel {
        kind: CourseKind::Stepwise(Span::from_secs(10)),
        rates: Rates::default(),
    };
    let script: Script = |view, plan| {
        if view.now() == SimTime::from_secs(15) {
            let running: Vec<_> = view.running().map(|job| job.id()).collect();
            for job in running {
                plan.preempt(job).unwrap();
                let placement = plan.fits(job).unwrap();
                plan.start(job, &placement).unwrap();
            }
        }
        start_all(view, plan);
        if view.now() == SimTime::ZERO {
            plan.wake_at(SimTime::from_secs(15)).unwrap();
        }
    };
    let three_steps = Job {
        work: 3,
        ..job(0, 1, 0)
    };
    let (_, _, facts) = run(steps, &[three_steps], Wakes::ALL, script);
    assert!(
        facts
            .iter()
            .any(|fact| fact.contains("kept 10000000us, lost 5000000us,")),
        "{facts:#?}"
    );
    let last = facts.last().unwrap();
    assert!(last.starts_with("35s job 0 ends: Completed"), "{last}");
}

#[test]
fn work_beyond_a_hundred_years_is_not_completed() {
    let endless = Job {
        work: u64::MAX,
        ..job(0, 1, 0)
    };
    let (_, _, facts) = run(world(vec![fleet(1, 1)]), &[endless], Wakes::ALL, start_all);
    assert!(
        !facts.iter().any(|fact| fact.contains("Completed")),
        "{facts:#?}"
    );
}

#[test]
fn a_policy_is_not_asked_after_the_consequences_of_its_own_decisions() {
    let script: Script = |view, plan| {
        for job in view.pending() {
            plan.reject(job.id()).unwrap();
        }
    };
    let jobs = [job(0, 1, 5), job(7, 1, 5)];
    let (_, asked, _) = run(world(vec![fleet(1, 1)]), &jobs, Wakes::ALL, script);
    assert_eq!(asked, [0, 7]);
}

#[test]
fn a_draining_node_is_released_with_its_last_job_even_if_it_is_noticed_meanwhile() {
    let fleet = Offering {
        notice: Span::from_secs(100),
        availability: steps(&[(0, 1), (5, 0)]),
        ..fleet(1, 1)
    };
    let script: Script = |view, plan| {
        start_all(view, plan);
        if view.now() == SimTime::ZERO {
            plan.drain(NodeId(0)).unwrap();
        }
    };
    let jobs = [job(0, 1, 10), job(20, 1, 1)];
    let (_, _, facts) = run(world(vec![fleet]), &jobs, Wakes::ALL, script);
    assert!(
        facts.contains(&"10s node 0 is released".to_owned()),
        "{facts:#?}"
    );
}

#[test]
fn a_policy_that_asks_for_one_instant_often_is_woken_once_step_by_step_too() {
    let script: Script = |view, plan| {
        start_all(view, plan);
        if view.now() == SimTime::ZERO {
            for _ in 0..2000 {
                plan.wake_at(SimTime::from_secs(1)).unwrap();
            }
        }
    };
    let world = World {
        trigger: Trigger::Step,
        ..world(vec![fleet(1, 1)])
    };
    let (finish, asked, _) = run(world, &[job(0, 1, 5)], Wakes::ALL, script);
    assert_eq!(finish, Finish::Drained);
    assert_eq!(asked.iter().filter(|at| **at == 1).count(), 1);
}

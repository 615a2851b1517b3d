//! Jobs that share a GPU: ends worked out by hand, and lies about them.

use std::sync::Arc;

use sim_core::course::{CourseKind, Pairing, Slowdown, UNIT_RATE};
use sim_core::engine::World;
use sim_core::model::{Demand, Gang, GpuDemand, GpuSet, Job, Keep, Role, Seat};
use sim_core::swarm::scenario;
use sim_core::units::{JobId, ModelId, NodeId, SimTime, Span};
use sim_core::watch::audit::{Auditor, Rule};
use sim_core::watch::{Fact, Observer, Outcome, Spent};

use crate::rig::{Watched, check, fleet, job, watch, world};
use crate::zoo::Animal;

/// One GPU on which every job beside another keeps so many parts in a hundred of its speed.
fn shared(percent: u64) -> World {
    let pair = Pairing {
        own: 0,
        beside: 0,
        model: ModelId(0),
        gpus: 1,
        factor_ppb: percent * UNIT_RATE / 100,
        steps_s: None,
    };
    let table = Slowdown::new(vec![vec![Some(0)]], vec![pair]);
    World {
        slowdown: Some(Arc::new(table)),
        ..world(vec![fleet(1, 1)])
    }
}

fn share(arrival_s: u64, work_s: u64) -> Job {
    let gpu = GpuDemand::Milli(333);
    let demand = Demand {
        gpu,
        ..Demand::gpus(1)
    };
    Job {
        gang: Gang::One(Role::rigid(1, demand)),
        ..job(arrival_s, 1, work_s)
    }
}

/// Milliseconds at which each job ends under first fit; checked by the auditor and the naive simulator.
fn ends(world: World, jobs: &[Job]) -> Vec<u64> {
    let seen = check("by hand", &Arc::new(world), jobs, &Animal::Ant);
    completions(&seen, jobs.len())
}

fn completions(seen: &Watched, jobs: usize) -> Vec<u64> {
    let end = |job: usize| {
        let told = format!("job {job} ends: Completed");
        let mut lines = seen.transcript.lines.iter();
        let found = lines.find(|(_, line)| line.starts_with(&told));
        found.map_or(0, |(at, _)| at.us() / 1_000)
    };
    (0..jobs).map(end).collect()
}

#[test]
fn a_neighbour_that_comes_and_goes_moves_the_end() {
    // Job 0: four seconds alone, six of work at half speed. Job 1: six of work beside it, four alone.
    let jobs = [share(0, 10), share(4, 10)];
    assert_eq!(ends(shared(50), &jobs), [16_000, 20_000]);
    assert_eq!(ends(world(vec![fleet(1, 1)]), &jobs), [10_000, 14_000]);
}

#[test]
fn of_three_the_factors_multiply() {
    let jobs = [share(0, 10), share(0, 10), share(0, 10)];
    assert_eq!(ends(shared(50), &jobs), [40_000; 3]);
}

#[test]
fn whoever_does_not_fit_beside_the_other_stands_still() {
    let mut own = shared(0);
    own.end = Some(SimTime::from_secs(1_000));
    assert_eq!(ends(own, &[share(0, 10), share(4, 10)]), [0, 0]);
}

#[test]
fn a_step_that_is_begun_alone_is_done_beside_another() {
    // Steps of four seconds. One and a half are done alone; the second ends 4 s later, at 10 s.
    let mut own = shared(50);
    own.classes[0].course.kind = CourseKind::Stepwise(Span::from_secs(4));
    let steps = |arrival, steps| Job {
        work: steps,
        ..share(arrival, 1)
    };
    let jobs = [steps(0, 3), steps(6, 1)];
    // Job 1 has 4 s of work: at half speed until 14 s. Job 0 has then done 1.5 + 1 steps, and does the rest alone.
    assert_eq!(ends(own, &jobs), [16_000, 14_000]);
}

#[test]
fn checkpoints_go_on_in_working_time_whatever_the_rate() {
    let mut own = shared(50);
    own.classes[0].checkpoint.keep = Keep::Every(Span::from_secs(3));
    own.classes[0].checkpoint.dump = Span::from_secs(1);
    // Job 0 works to 3, writes to 4, and has done five of seven seconds of work at 6: what is left takes four seconds of
    // working time beside job 1, the first of which completes a stretch of three. It works to 7, writes to 8, works to 11.
    // Job 1 has four seconds of working time: it works to 9, writes to 10, works to 11.
    let jobs = [share(0, 7), share(6, 2)];
    assert_eq!(ends(own, &jobs), [11_000, 11_000]);
}

#[test]
fn a_lie_about_a_slowed_end_is_seen() {
    let told = |end_s: u64| {
        let mut auditor = Auditor::new(Arc::new(shared(50)));
        let id = |at: u64| JobId::unpack(at << 32 | at);
        let seat = [Seat {
            gpus: GpuSet(1),
            ..Seat::anywhere(NodeId(0), 0, 1)
        }];
        let (jobs, node) = ([share(0, 10), share(4, 10)], NodeId(0));
        auditor.observe(SimTime::ZERO, &Fact::Ready { node, launch: 0 });
        for (at, spec) in (0..).zip(&jobs) {
            let (now, job) = (spec.arrival, id(at));
            auditor.observe(now, &Fact::Arrived { job, spec });
            let (seats, works) = (&seat, now);
            auditor.observe(now, &Fact::Started { job, seats, works });
        }
        let (job, outcome) = (id(0), Outcome::Completed);
        let spent = Spent {
            kept: Span::from_secs(end_s),
            ..Spent::default()
        };
        let end = SimTime::from_secs(end_s);
        auditor.observe(
            end,
            &Fact::Ended {
                job,
                outcome,
                spent,
            },
        );
        auditor.violations().first().map(|found| found.rule)
    };
    assert_eq!(told(16), None);
    assert_eq!(told(10), Some(Rule::Early));
    assert_eq!(told(17), Some(Rule::Late));
}

#[test]
fn random_worlds_hold_jobs_that_slow_each_other_down() {
    let mut moved = 0;
    for seed in 0..800 {
        let (own, jobs) = scenario(seed);
        if own.slowdown.is_some() {
            let without = World {
                slowdown: None,
                ..own.clone()
            };
            let run = |world| watch(&Arc::new(world), &jobs, Animal::Ant.policy()).digests;
            moved += u32::from(run(own) != run(without));
        }
    }
    assert!(moved > 20, "{moved}");
}

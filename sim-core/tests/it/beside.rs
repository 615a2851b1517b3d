//! Jobs that share a GPU: ends worked out by hand, and lies about them.

use std::sync::Arc;

use sim_core::course::{CourseKind, Pairing, Slowdown, UNIT_RATE};
use sim_core::engine::{Plan, View, Wakes, World};
use sim_core::model::{Demand, Gang, GpuDemand, GpuSet, Job, Keep, Role, Seat};
use sim_core::swarm::scenario;
use sim_core::units::{ClassId, JobId, ModelId, NodeId, SimTime, Span};
use sim_core::watch::audit::{Auditor, Rule};
use sim_core::watch::{Fact, Observer, Outcome, Spent};

use crate::rig::{Watched, agree, check, fleet, job, steps, watch, world};
use crate::zoo::{Animal, Script, Scripted};

/// One GPU on which every job beside another keeps so many parts in a hundred of its speed.
fn shared(percent: u64) -> World {
    World {
        slowdown: Some(table(percent, 1)),
        ..world(vec![fleet(1, 1)])
    }
}

/// The same for jobs of so many classes.
fn table(percent: u64, classes: usize) -> Arc<Slowdown> {
    let pair = Pairing {
        own: 0,
        beside: 0,
        model: ModelId(0),
        gpus: 1,
        factor_ppb: percent * UNIT_RATE / 100,
        steps_s: None,
    };
    Arc::new(Slowdown::new(vec![vec![Some(0)]; classes], vec![pair]))
}

fn share(arrival_s: u64, work_s: u64) -> Job {
    tasks(arrival_s, (1, 333), work_s)
}

/// A job of so many tasks that take so many thousandths of a GPU each.
fn tasks(arrival_s: u64, (tasks, milli): (u32, u16), work_s: u64) -> Job {
    let gpu = GpuDemand::Milli(milli);
    let demand = Demand {
        gpu,
        ..Demand::gpus(1)
    };
    Job {
        gang: Gang::One(Role::rigid(tasks, demand)),
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
fn a_neighbour_that_is_interrupted_gives_the_others_their_speed_back() {
    // Who comes is started, but for eight seconds after the start: then the last to come is sent away, until the other is done.
    let script: Script = |view: &View<'_>, plan: &mut Plan<'_>| {
        let (now, away) = (view.now(), SimTime::from_secs(8));
        let running: Vec<JobId> = view.running().map(|job| job.id()).collect();
        let waiting: Vec<JobId> = view.pending().map(|job| job.id()).collect();
        if now == away {
            plan.preempt(running[1]).unwrap();
        } else if now < away || running.is_empty() {
            for id in waiting {
                let placement = plan.fits(id).unwrap();
                plan.start(id, &placement).unwrap();
            }
            if now < away {
                plan.wake_at(away).unwrap();
            }
        }
    };
    let (world, jobs) = (Arc::new(shared(50)), [share(0, 10), share(4, 10)]);
    let seen = watch(&world, &jobs, Scripted::policy(Wakes::ALL, script));
    agree("sent away", &world, &jobs, &seen);
    // Job 0: four seconds alone, two of work beside job 1, four alone. Job 1: two of work, and the other eight from 12 s on.
    assert_eq!(completions(&seen, 2), [12_000, 20_000]);
}

#[test]
fn of_three_the_factors_multiply() {
    let jobs = [share(0, 10), share(0, 10), share(0, 10)];
    assert_eq!(ends(shared(50), &jobs), [40_000; 3]);
}

#[test]
fn tasks_of_one_job_are_neighbours_to_each_other() {
    assert_eq!(ends(shared(50), &[tasks(0, (2, 333), 10)]), [20_000]);
}

#[test]
fn a_gang_goes_as_its_slowest_task_whichever_that_is() {
    // Job 0 has a task on each GPU; job 1 lies beside the first until 4 s, job 2 beside the second until 20 s.
    let jobs = [
        tasks(0, (2, 600), 10),
        tasks(0, (1, 400), 2),
        tasks(0, (1, 400), 10),
    ];
    let own = World {
        offerings: vec![fleet(1, 2)],
        ..shared(50)
    };
    assert_eq!(ends(own, &jobs), [20_000, 4_000, 20_000]);
}

#[test]
fn what_was_waited_for_data_before_a_neighbour_came_was_waited() {
    // A node reads for three quarters of a GPU: alone a quarter of the time is waited for data, beside another none.
    let mut own = shared(50);
    own.classes[0].course.rates.feeds = Some(UNIT_RATE / 4 * 3);
    // Job 0: three seconds of work in four alone, four in eight. Job 1: four in eight, and three in four alone.
    let seen = check(
        "fed",
        &Arc::new(own),
        &[share(0, 7), share(4, 7)],
        &Animal::Ant,
    );
    assert_eq!(completions(&seen, 2), [12_000, 16_000]);
    let stalled = |job: usize| {
        let mut lines = seen.transcript.lines.iter().map(|(_, line)| line);
        lines.any(|line| {
            line.starts_with(&format!("job {job} ends")) && line.ends_with("stalled 1000000us")
        })
    };
    assert!(stalled(0) && stalled(1));
}

#[test]
fn whoever_saves_its_state_is_done_with_that_when_it_is_whoever_leaves() {
    let mut own = shared(50);
    own.offerings[0].notice = Span::from_secs(60);
    own.offerings[0].availability = steps(&[(0, 1), (10, 0)]);
    // The second class saves nothing at a notice.
    own.classes.push(own.classes[0].clone());
    own.classes[0].checkpoint.on_notice = true;
    own.classes[0].checkpoint.dump = Span::from_secs(10);
    own.slowdown = Some(table(50, 2));
    let other = Job {
        class: ClassId(1),
        ..tasks(0, (1, 333), 7)
    };
    let seen = check(
        "saving",
        &Arc::new(own),
        &[share(0, 100), other],
        &Animal::Ant,
    );
    assert_eq!(completions(&seen, 2), [0, 14_000]);
    // At the notice five seconds of work were done, and none after it, though job 1 leaves at 14 s.
    let told = "job 0 is interrupted (Notice)";
    let mut lines = seen.transcript.lines.iter();
    let saved = lines.find(|(_, line)| line.starts_with(told));
    let (at, line) = saved.expect("it saves its state");
    assert_eq!(at.us(), 20_000_000);
    assert!(
        line.contains("kept 10000000us, lost 0us, dumped 10000000us"),
        "{line}"
    );
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
            auditor.observe(
                now,
                &Fact::Arrived {
                    job,
                    spec,
                    set: None,
                },
            );
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

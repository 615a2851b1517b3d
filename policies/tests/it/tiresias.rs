//! Tiresias and Blox by hand: how jobs sink and rise, who makes room for whom, and what their bugs do.

use std::sync::Arc;

use policies::params::Value;
use policies::registry::{POLICIES, Setting};
use sim_core::engine::{Finish, Grants, Policy, Trigger, World};
use sim_core::model::{Demand, Gang, GpuDemand, Job, Keep, Market, Offering, Role};
use sim_core::units::{JobId, SimTime, Span};

use crate::contract::rig::{self, Drive};
use crate::contract::roster;
use crate::contract::scenes::luck;
use crate::plain::{self, HONEST, at, fleet, job, made, span, standing, text};

const PUBLISHED: Setting = Setting {
    compat: true,
    ..HONEST
};

type Given<'g> = &'g [(&'g str, Value)];

fn policy(kind: &str, given: Given<'_>, setting: &Setting) -> Box<dyn Policy + Send> {
    let given: Vec<(String, Value)> = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    made(POLICIES, kind, &given, setting)
}

fn nodes(nodes: u32, gpus: u32) -> Offering {
    standing(fleet(Market::Owned, gpus, nodes))
}

/// From when to when each attempt ran, in seconds, in the order of their ends.
fn attempts(
    world: &World,
    jobs: &[Job],
    mut policy: Box<dyn Policy + Send>,
) -> Vec<(u32, f64, f64)> {
    let mut drive = Drive::new(
        rig::engine(&Arc::new(world.clone()), jobs),
        Grants::default(),
    );
    drive.run_out(&mut *policy, &mut |_, _| {});
    let secs = |at: SimTime| plain::seconds(at);
    let attempts = drive.seen.0.attempts.iter();
    attempts
        .map(|(job, from, to)| (*job, secs(*from), secs(*to)))
        .collect()
}

fn queues<'g>(service: &str, limit: &str) -> Vec<(&'g str, Value)> {
    vec![
        ("service", text(service)),
        ("limits", Value::Texts(vec![limit.to_owned()])),
    ]
}

#[test]
fn a_job_sinks_when_it_has_been_served_as_much_as_its_queue_allows() {
    let world = plain::world(vec![nodes(1, 1)]);
    let jobs = [job(0, Gang::of(1, 1), 300), job(50, Gang::of(1, 1), 80)];
    let levels = queues("time", "100s");
    let ran = attempts(&world, &jobs, policy("mlfq", &levels, &HONEST));
    assert_eq!(ran, [(0, 0.0, 100.0), (1, 100.0, 180.0), (0, 180.0, 380.0)]);
}

#[test]
fn who_sank_waits_for_its_turn_behind_those_that_sank_before() {
    let world = plain::world(vec![nodes(1, 1)]);
    let jobs = [job(0, Gang::of(1, 1), 1000), job(100, Gang::of(1, 1), 1000)];
    let levels = queues("time", "100s");
    let ran = attempts(&world, &jobs, policy("mlfq", &levels, &HONEST));
    let expected = [
        (0, 0.0, 100.0),
        (1, 100.0, 200.0),
        (0, 200.0, 1100.0),
        (1, 1100.0, 2000.0),
    ];
    assert_eq!(ran, expected);
}

#[test]
fn who_waited_long_for_what_it_worked_rises_and_sinks_again() {
    let world = plain::world(vec![nodes(1, 1)]);
    let jobs = [job(0, Gang::of(1, 1), 600), job(100, Gang::of(1, 1), 300)];
    let mut levels = queues("time", "100s");
    levels.push(("promote-after", Value::Float(2.0)));
    let ran = attempts(&world, &jobs, policy("mlfq", &levels, &HONEST));
    let expected = [
        (0, 0.0, 100.0),
        (1, 100.0, 200.0),
        // The second worked 100 s and waits 200.
        (0, 200.0, 400.0),
        (1, 400.0, 500.0),
        // Once more, and it is done.
        (0, 500.0, 700.0),
        (1, 700.0, 800.0),
        (0, 800.0, 900.0),
    ];
    assert_eq!(ran, expected);
}

#[test]
fn who_keeps_nothing_of_its_turns_does_not_rise_for_ever() {
    let mut world = plain::world(vec![nodes(1, 1)]);
    // A turn in the first queue ends before anything is saved.
    world.classes[0].checkpoint.keep = Keep::Every(span(600));
    let jobs = [0, 100, 200].map(|arrival| job(arrival, Gang::of(1, 1), 1500));
    for setting in [HONEST, PUBLISHED] {
        let mut levels = queues("time", "100s");
        levels.push(("promote-after", Value::Float(2.0)));
        let ran = attempts(&world, &jobs, policy("mlfq", &levels, &setting));
        // Each loses its first turn, and may lose one more to one that rises.
        assert!(ran.len() <= 12, "{ran:?}");
        assert!(ran.iter().all(|own| own.2 < 10_000.0), "{ran:?}");
    }
}

#[test]
fn gpu_time_runs_out_at_the_moment_it_does_or_when_the_published_formula_looks() {
    let world = plain::world(vec![nodes(1, 3)]);
    let jobs = [job(0, Gang::of(3, 1), 300), job(1, Gang::of(3, 1), 10)];
    let levels = queues("gpu-time", "100s");
    let started = |setting: &Setting| {
        let ran = attempts(&world, &jobs, policy("mlfq", &levels, setting));
        ran.iter().find(|(job, _, _)| *job == 1).map(|own| own.1)
    };
    // 100 GPU-seconds on 3 GPUs, to the microsecond.
    assert_eq!(started(&HONEST), Some(33.333_334));
    // It comes at 1, looks at 1 + (100 - 1) / 3 = 34, when 102 GPU-seconds have been served: by chance in time.
    assert_eq!(started(&PUBLISHED), Some(34.0));
    let jobs = [job(0, Gang::of(3, 1), 300), job(40, Gang::of(3, 1), 10)];
    let ran = attempts(&world, &jobs, policy("mlfq", &levels, &PUBLISHED));
    // At 33 it is 99; the next look would be at 33 + (100 - 33) / 3 = 55, but the other comes at 40.
    assert_eq!(ran[0], (0, 0.0, 40.0));
}

#[test]
fn what_is_set_up_is_not_served() {
    let mut world = plain::world(vec![nodes(1, 1)]);
    world.classes[0].checkpoint.setup = span(30);
    let jobs = [job(0, Gang::of(1, 1), 300), job(50, Gang::of(1, 1), 80)];
    let levels = queues("time", "100s");
    let ran = attempts(&world, &jobs, policy("mlfq", &levels, &HONEST));
    assert_eq!(ran[0], (0, 0.0, 130.0));
}

#[test]
fn within_a_queue_the_likeliest_to_end_soon_goes_first() {
    let world = plain::world(vec![nodes(1, 2)]);
    // Jobs take 10 GPU-seconds, or a thousand. The second is served 20 and not done.
    let jobs = [
        job(0, Gang::of(1, 1), 100),
        job(0, Gang::of(1, 1), 1000),
        job(20, Gang::of(2, 1), 10),
    ];
    let mut levels = queues("gpu-time", "2000s");
    let by_turn = attempts(&world, &jobs, policy("mlfq", &levels, &HONEST));
    let sample = ["10s", "15s", "1000s"].map(str::to_owned);
    levels.push(("gittins", Value::Texts(sample.to_vec())));
    levels.push(("quantum", text("20s")));
    let by_index = attempts(&world, &jobs, policy("mlfq", &levels, &HONEST));
    let start = |ran: &[(u32, f64, f64)]| ran.iter().find(|own| own.0 == 2).map(|own| own.1);
    assert_eq!(start(&by_turn), Some(1000.0));
    assert_eq!(start(&by_index), Some(20.0));
}

#[test]
fn equal_jobs_go_in_the_order_of_arrival_or_as_they_stood_before() {
    let world = plain::world(vec![nodes(1, 2)]);
    // When the second ends, the first and the third have 50 s left each; the first ran in the third's stead.
    let jobs = [
        job(0, Gang::of(1, 1), 60),
        job(0, Gang::of(1, 1), 10),
        job(0, Gang::of(2, 1), 50),
    ];
    let start = |setting: &Setting| {
        let ran = attempts(&world, &jobs, policy("shortest-first", &[], setting));
        ran.iter().find(|own| own.0 == 2).map(|own| own.1)
    };
    assert_eq!(start(&HONEST), Some(60.0));
    assert_eq!(start(&PUBLISHED), Some(10.0));
}

#[test]
fn room_is_made_by_the_last_and_by_nobody_in_vain() {
    let world = plain::world(vec![nodes(2, 4)]);
    // A gang of 4 comes where 3 and 4 are free.
    let jobs = [job(0, Gang::of(1, 1), 1000), job(10, Gang::of(4, 1), 500)];
    let order = [("order", text("srtf"))];
    let stops = |world: &World, jobs: &[Job], setting: &Setting| {
        let ran = attempts(world, jobs, policy("blox", &order, setting));
        ran.iter().filter(|own| own.0 == 0).count() - 1
    };
    assert_eq!(stops(&world, &jobs, &HONEST), 0);
    // 3 and 4 is not 4: the first makes room, and is placed elsewhere at once.
    assert_eq!(stops(&world, &jobs, &PUBLISHED), 1);
    let world = plain::world(vec![nodes(1, 4)]);
    let jobs = [
        job(0, Gang::of(1, 1), 1000),
        job(0, Gang::of(1, 1), 100),
        job(10, Gang::of(4, 1), 500),
    ];
    assert_eq!(stops(&world, &jobs, &HONEST), 1);
    let first = |setting: &Setting| attempts(&world, &jobs, policy("blox", &order, setting))[0];
    // The second is ahead of the gang, which does not fit beside it: the first stops at 10 in vain, or at 100 in its favour.
    assert_eq!(first(&PUBLISHED), (0, 0.0, 10.0));
    assert_eq!(first(&HONEST), (1, 0.0, 100.0));
}

#[test]
fn yarn_waits_for_one_rack_unless_none_would_ever_do() {
    let mut fleet = rig::fleet(2, 4);
    fleet.rack_size = 1;
    let world = plain::world(vec![fleet]);
    let jobs = [
        job(0, Gang::of(2, 1), 100),
        job(0, Gang::of(3, 1), 50),
        job(1, Gang::of(3, 1), 100),
        job(200, Gang::of(6, 1), 10),
    ];
    let starts = |place| {
        let contender = roster::plain("fifo", "skip", place);
        rig::fates(world.clone(), &jobs, &contender).starts()
    };
    assert_eq!(starts("first-fit"), [0, 0, 1, 200].map(at));
    assert_eq!(starts("yarn"), [0, 0, 50, 200].map(at));
}

/// As the parameter says: a lost turn counts as service, and nobody is spared for what it would lose.
#[test]
fn turns_that_end_before_anything_is_saved_are_lost_by_las_for_ever() {
    let jobs = [job(0, Gang::of(1, 1), 1200), job(0, Gang::of(1, 1), 1200)];
    let finish = |order: &str, every: u64, setting: &Setting| {
        let mut world = plain::world(vec![nodes(1, 1)]);
        world.trigger = Trigger::Round(span(300));
        world.classes[0].checkpoint.keep = Keep::Every(span(every));
        world.end = Some(at(1_000_000));
        let mut drive = Drive::new(rig::engine(&Arc::new(world), &jobs), Grants::default());
        let mut policy = policy("blox", &[("order", text(order))], setting);
        drive.run_out(&mut *policy, &mut |_, _| {})
    };
    for setting in [HONEST, PUBLISHED] {
        assert_eq!(finish("las", 600, &setting), Finish::Horizon);
        assert_eq!(finish("las", 100, &setting), Finish::Drained);
        assert_eq!(finish("srtf", 600, &setting), Finish::Drained);
    }
}

/// Where parts of GPUs are shared, who was placed first decides what fits: what did not work must be undone step by step.
#[test]
fn repacking_goes_back_where_parts_of_gpus_were_shared_in_another_order() {
    for seed in 0..300 {
        let mut luck = luck(seed, "shares");
        let mut arrival = 0;
        let next = |_| {
            arrival += luck.below(60);
            let gpu = if luck.chance(0.7) {
                let milli = 100 * luck.between(1, 9);
                GpuDemand::Milli(u16::try_from(milli).expect("less than one GPU"))
            } else {
                GpuDemand::Whole(1)
            };
            let tasks = u32::try_from(luck.between(1, 3)).expect("few");
            let demand = Demand {
                gpu,
                ..Demand::gpus(1)
            };
            let secs = luck.between(1, 300);
            job(arrival, Gang::One(Role::rigid(tasks, demand)), secs)
        };
        let jobs: Vec<Job> = (0..60).map(next).collect();
        let world = Arc::new(plain::world(vec![nodes(2, 2)]));
        for kind in ["smallest-first", "shortest-first"] {
            let mut drive = Drive::new(rig::engine(&world, &jobs), Grants::default());
            let mut policy = policy(kind, &[], &HONEST);
            let finish = drive.run_out(&mut *policy, &mut |_, _| {});
            assert_eq!(finish, Finish::Drained, "{kind}, {seed}");
        }
    }
}

/// On GPUs that are all alike those run who would if the fleet were emptied and filled anew in the order.
#[test]
fn repacking_leaves_those_running_whom_counting_would() {
    for (kind, by_size) in [("smallest-first", true), ("shortest-first", false)] {
        for seed in 0..30 {
            let mut luck = luck(seed, "repacking");
            let mut arrival = 0;
            let next = |_| {
                arrival += luck.below(60);
                let tasks = u32::try_from(1 + luck.below(6)).expect("few");
                job(arrival, Gang::of(tasks, 1), 1 + luck.below(300))
            };
            let jobs: Vec<Job> = (0..60).map(next).collect();
            let world = Arc::new(plain::world(vec![nodes(3, 3)]));
            let mut drive = Drive::new(rig::engine(&world, &jobs), Grants::default());
            let mut policy = policy(kind, &[], &HONEST);
            drive.run_out(&mut *policy, &mut |engine, policy| {
                let mut copy = policy.fork();
                let (view, mut plan) = engine.open(Grants::default());
                copy.decide(&view, &mut plan);
                let live = view.pending().chain(view.running());
                let mut ranked: Vec<(u64, JobId, u32)> = live
                    .map(|job| {
                        let gpus = job.gang().gpus();
                        let left = job.estimate().map(|all| all.saturating_sub(job.served()));
                        let left = left.map_or(0, Span::us);
                        let rank = if by_size { gpus.into() } else { left };
                        (rank, job.id(), gpus)
                    })
                    .collect();
                ranked.sort_unstable();
                let mut free = 9;
                for (_, job, gpus) in ranked {
                    let runs = gpus <= free;
                    free -= if runs { gpus } else { 0 };
                    assert_eq!(plan.is_pending(job), !runs, "{kind}, {seed}: {job}");
                }
            });
        }
    }
}

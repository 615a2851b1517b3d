//! Preemption by order, against what is known: shortest remaining time has the least total flow time
//! on one GPU, and the least served take turns.

use std::sync::Arc;

use policies::params::Value;
use sim_core::model::{Gang, Job};
use sim_core::units::Span;

use super::rig::{self, Drive, fates, fleet, job, world};
use super::roster;
use super::scenes::{luck, small};

/// Jobs of one GPU each, with estimates that say little.
fn queue(seed: u64) -> Vec<Job> {
    let mut luck = luck(seed, "one gpu");
    let mut arrival = 0;
    let next = |_| {
        arrival += luck.below(40);
        let mut job = job(arrival, Gang::of(1, 1), 1 + luck.below(60));
        job.estimate = Some(rig::span(1 + luck.below(100)));
        job.priority = small::<i32>(luck.below(3));
        job.deadline = Some(rig::at(arrival + luck.below(300)));
        job
    };
    (0..20).map(next).collect()
}

fn total_flow(ends: &[sim_core::units::SimTime], jobs: &[Job]) -> u64 {
    let flows = ends
        .iter()
        .zip(jobs)
        .map(|(end, job)| end.since(job.arrival));
    flows.map(Span::us).sum()
}

/// Shortest remaining processing time, second by second.
fn srpt(jobs: &[Job]) -> u64 {
    let mut left: Vec<u64> = jobs.iter().map(|job| job.work / 1_000_000).collect();
    let (mut now, mut flow) = (0, 0);
    while left.iter().any(|left| *left > 0) {
        let here = |at: &usize| left[*at] > 0 && jobs[*at].arrival.us() <= now * 1_000_000;
        let next = (0..jobs.len())
            .filter(here)
            .min_by_key(|at| (left[*at], *at));
        now += 1;
        if let Some(at) = next {
            left[at] -= 1;
            if left[at] == 0 {
                flow += now * 1_000_000 - jobs[at].arrival.us();
            }
        }
    }
    flow
}

#[test]
fn srtf_with_true_durations_has_the_least_total_flow_time_of_all_on_every_path() {
    let best = roster::parts(["srtf", "skip", "best-fit", "by-order", "keep"]).knowing();
    for seed in 0..40 {
        let jobs = queue(seed);
        let run = |contender| fates(world(vec![fleet(1, 1)]), &jobs, contender);
        let least = total_flow(&run(&best).ends(), &jobs);
        assert_eq!(least, srpt(&jobs), "sample {seed}");
        // Who turns work away has less of it, as rounds do, as published, with jobs that are not told in steps.
        let all = roster::all();
        let work_on = |one: &&roster::Contender| {
            let leaves = one.turns_away() || (one.compat && one.has_rounds());
            !one.buys() && !leaves
        };
        for contender in all.iter().filter(work_on) {
            let flow = total_flow(&run(contender).ends(), &jobs);
            assert!(flow >= least, "{}, sample {seed}", contender.name());
        }
    }
}

/// The precondition: with an overhead at each interruption it is not the least.
#[test]
fn with_a_restore_srtf_can_be_beaten() {
    let mut world = world(vec![fleet(1, 1)]);
    world.classes[0].checkpoint.restore = rig::span(60);
    let jobs = [
        job(0, Gang::of(1, 1), 10),
        job(1, Gang::of(1, 1), 8),
        job(100, Gang::of(1, 1), 5),
    ];
    let best = roster::parts(["srtf", "skip", "best-fit", "by-order", "keep"]).knowing();
    let plain = roster::plain("fifo", "strict", "best-fit");
    let flow = |contender| total_flow(&fates(world.clone(), &jobs, contender).ends(), &jobs);
    assert!(flow(&best) > flow(&plain));
}

/// All there at once on one GPU: nobody is ahead of another by more than one turn.
#[test]
fn the_least_served_take_turns_of_one_quantum() {
    let minutes = 10;
    let quantum = rig::span(60 * minutes);
    for count in 2..6 {
        let jobs = vec![job(0, Gang::of(1, 1), 7200); count];
        let contender = roster::parts(["las", "skip", "best-fit", "by-order", "keep"])
            .with("quantum", Value::Text(format!("{minutes}m")));
        let world = Arc::new(world(vec![fleet(1, 1)]));
        let mut drive = Drive::new(rig::engine(&world, &jobs), contender.grants);
        let mut policy = contender.policy();
        drive.run_out(&mut *policy, &mut |engine, _| {
            let (view, _) = engine.open(sim_core::engine::Grants::default());
            let live = view.pending().chain(view.running());
            let attained: Vec<Span> = live.map(|job| job.attained()).collect();
            let (most, least) = (attained.iter().max(), attained.iter().min());
            if let (Some(most), Some(least)) = (most, least) {
                assert!(*most - *least <= quantum, "{attained:?} at {}", view.now());
            }
        });
        let ends = drive.seen.0.ends();
        let (first, last) = (ends.iter().min(), ends.iter().max());
        let apart = last.expect("jobs").since(*first.expect("jobs"));
        let turns = u64::try_from(count - 1).expect("few");
        assert_eq!(apart, quantum.saturating_mul(turns), "{count} jobs");
    }
}

/// What the least served attain does not depend on how wide they are: turns are of GPU time.
#[test]
fn turns_are_counted_in_gpu_time() {
    let jobs = [job(0, Gang::of(2, 1), 7200), job(0, Gang::of(1, 1), 7200)];
    let contender = roster::parts(["las", "strict", "best-fit", "by-order", "keep"])
        .with("quantum", Value::Text("1h".to_owned()));
    let fates = fates(world(vec![fleet(1, 2)]), &jobs, &contender);
    // The wide one has had its turn after half an hour, but clocks strike at whole quanta; the narrow
    // one has had one GPU-hour an hour later.
    let mut held = fates.attempts.clone();
    held.sort_unstable_by_key(|(_, start, _)| *start);
    let first: Vec<(u32, u64)> = held
        .iter()
        .map(|(job, start, _)| (*job, start.us() / 3_600_000_000))
        .collect();
    assert_eq!(first[..3], [(0, 0), (1, 1), (0, 3)]);
}

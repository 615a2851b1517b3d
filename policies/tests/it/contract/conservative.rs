//! Conservative backfilling against its definition: a job's place is made when it comes, and nobody
//! who comes later moves it.

use sim_core::model::{Gang, Job};

use super::rig::{fates, fleet, job, world};
use super::roster;
use super::scenes::{luck, small};

/// Jobs of single-GPU tasks that take exactly as long as they say.
fn exact(seed: u64) -> Vec<Job> {
    let mut luck = luck(seed, "exact");
    let mut arrival = 0;
    let next = |_| {
        arrival += luck.below(30);
        let most = if luck.chance(0.2) { 10 } else { 4 };
        let gang = Gang::of(small(1 + luck.below(most)), 1);
        job(arrival, gang, 1 + luck.below(100))
    };
    (0..50).map(next).collect()
}

/// Each job, in order of arrival, at the earliest second from which there is room to its end.
fn reservations(jobs: &[Job], gpus: u32) -> Vec<u64> {
    let mut held: Vec<(u64, u64, u32)> = Vec::new();
    for job in jobs {
        let (arrival, secs) = (job.arrival.us() / 1_000_000, job.work / 1_000_000);
        let wanted = job.gang.gpus();
        let used = |held: &[(u64, u64, u32)], at: u64| {
            let there = held.iter().filter(|(from, to, _)| *from <= at && at < *to);
            there.map(|(_, _, gpus)| gpus).sum::<u32>()
        };
        let fits = |from: u64| {
            let begins = held.iter().map(|(begin, _, _)| *begin);
            let mut inside = begins.filter(|begin| (from..from + secs).contains(begin));
            let room = |at| used(&held, at) + wanted <= gpus;
            room(from) && inside.all(room)
        };
        let ends = held.iter().map(|(_, to, _)| *to).filter(|to| *to > arrival);
        let times = ends.chain([arrival]);
        let from = times.filter(|from| fits(*from)).min().expect("at the end");
        held.push((from, from + secs, wanted));
    }
    held.into_iter().map(|(from, _, _)| from).collect()
}

fn starts(jobs: &[Job]) -> Vec<u64> {
    let conservative = roster::plain("fifo", "conservative", "best-fit");
    let fates = fates(world(vec![fleet(2, 3), fleet(4, 1)]), jobs, &conservative);
    let starts = fates.starts();
    starts.iter().map(|at| at.us() / 1_000_000).collect()
}

#[test]
fn where_estimates_are_right_every_job_starts_at_its_first_reservation() {
    for seed in 0..200 {
        let jobs = exact(seed);
        assert_eq!(starts(&jobs), reservations(&jobs, 10), "workload {seed}");
    }
}

/// The precondition: where a job ends before it said, others move up, and some move back for it.
#[test]
fn where_estimates_are_too_long_a_job_may_start_later_than_its_first_reservation() {
    let late = (0..200).any(|seed| {
        let mut jobs = exact(seed);
        for job in jobs.iter_mut().step_by(2) {
            job.work = job.work.div_ceil(3_000_000) * 1_000_000;
        }
        let promised: Vec<Job> = jobs
            .iter()
            .cloned()
            .map(|mut job| {
                job.work = job.estimate.expect("all have one").us();
                job
            })
            .collect();
        let first = reservations(&promised, 10);
        starts(&jobs)
            .iter()
            .zip(&first)
            .any(|(start, by)| start > by)
    });
    assert!(late, "no job is moved back");
}

#[test]
fn nobody_who_comes_later_moves_a_job_whose_estimate_is_right() {
    for seed in 200..220 {
        let jobs = exact(seed);
        let all = starts(&jobs);
        for count in [1, 7, 20, 49] {
            assert_eq!(
                starts(&jobs[..count]),
                all[..count],
                "first {count} of {seed}"
            );
        }
    }
}

//! Anomalies: more machines, or a shorter job, can make things worse, and that is right. Each is a
//! known small case, better and worse, so that nobody mends it; and what does hold, next to it.

use sim_core::model::{Gang, Job, Offering};

use super::rig::{fates, fleet, job, world};
use super::roster::{self, Contender};
use super::scenes::{luck, small};

fn makespan(fleets: Vec<Offering>, jobs: &[Job], contender: &Contender) -> u64 {
    fates(world(fleets), jobs, contender).makespan()
}

/// (GPUs, seconds), all there at once, on one pool: tasks of one GPU each.
fn pooled(jobs: &[(u32, u64)]) -> Vec<Job> {
    let job = |(gpus, secs): &(u32, u64)| job(0, Gang::of(*gpus, 1), *secs);
    jobs.iter().map(job).collect()
}

/// (arrival, GPUs, seconds), each on one node.
fn on_one_node(jobs: &[(u64, u16, u64)]) -> Vec<Job> {
    let mut jobs = jobs.to_vec();
    jobs.sort_by_key(|(arrival, _, _)| *arrival);
    let job = |(arrival, gpus, secs): &(u64, u16, u64)| job(*arrival, Gang::of(1, *gpus), *secs);
    jobs.iter().map(job).collect()
}

fn nodes(gpus: &[u32]) -> Vec<Offering> {
    gpus.iter().map(|gpus| fleet(1, *gpus)).collect()
}

fn strict(place: &'static str) -> Contender {
    roster::plain("fifo", "strict", place)
}

#[test]
fn a_fourth_gpu_makes_backfilling_slower() {
    let jobs = pooled(&[(2, 1), (2, 1), (1, 2)]);
    for admit in ["skip", "easy"] {
        let backfill = roster::plain("fifo", admit, "best-fit");
        assert_eq!(makespan(vec![fleet(3, 1)], &jobs, &backfill), 2, "{admit}");
        assert_eq!(makespan(vec![fleet(4, 1)], &jobs, &backfill), 3, "{admit}");
    }
}

#[test]
fn a_shorter_job_makes_backfilling_slower() {
    let long = pooled(&[(2, 1), (1, 2), (1, 1), (2, 2), (1, 3)]);
    let short = pooled(&[(2, 1), (1, 1), (1, 1), (2, 2), (1, 3)]);
    let skip = roster::plain("fifo", "skip", "best-fit");
    assert_eq!(makespan(vec![fleet(3, 1)], &long, &skip), 4);
    assert_eq!(makespan(vec![fleet(3, 1)], &short, &skip), 5);
}

#[test]
fn one_more_node_makes_strict_first_fit_slower_where_a_gang_lies_on_one_node() {
    let jobs = on_one_node(&[(1, 2, 5), (0, 2, 5), (2, 3, 3)]);
    let first_fit = strict("first-fit");
    assert_eq!(makespan(nodes(&[3, 2]), &jobs, &first_fit), 8);
    assert_eq!(makespan(nodes(&[2, 3, 2]), &jobs, &first_fit), 9);
}

#[test]
fn one_more_node_makes_strict_best_fit_slower_where_a_gang_lies_on_one_node() {
    let jobs = on_one_node(&[(2, 1, 5), (4, 3, 3), (0, 1, 5), (1, 2, 3)]);
    let best_fit = strict("best-fit");
    assert_eq!(makespan(nodes(&[2, 3]), &jobs, &best_fit), 7);
    assert_eq!(makespan(nodes(&[2, 3, 1]), &jobs, &best_fit), 10);
}

/// What does hold: first come, first served from one pool, where any free GPUs will do.
#[test]
fn in_one_pool_a_gpu_more_delays_no_start_under_strict_order() {
    for seed in 0..400 {
        let mut luck = luck(seed, "pool");
        let gpus = small(luck.between(2, 6));
        let mut arrival = 0;
        let next = |_| {
            arrival += luck.below(4);
            let wide = small(luck.between(1, gpus));
            job(arrival, Gang::of(wide, 1), luck.between(1, 6))
        };
        let jobs: Vec<Job> = (0..12).map(next).collect();
        let starts = |gpus: u64| {
            let fleets = vec![fleet(small(gpus), 1)];
            fates(world(fleets), &jobs, &strict("best-fit")).starts()
        };
        let pairs = starts(gpus + 1).into_iter().zip(starts(gpus));
        for (more, fewer) in pairs {
            assert!(more <= fewer, "pool {seed}: {more} against {fewer}");
        }
    }
}

/// The same of jobs of one GPU under any order by arrival.
#[test]
fn of_single_gpu_jobs_a_gpu_more_delays_no_start() {
    for seed in 0..400 {
        let mut luck = luck(seed, "single");
        let gpus = luck.between(1, 6);
        let mut arrival = 0;
        let next = |_| {
            arrival += luck.below(2);
            job(arrival, Gang::of(1, 1), luck.between(1, 9))
        };
        let jobs: Vec<Job> = (0..20).map(next).collect();
        for admit in ["strict", "skip", "easy", "conservative"] {
            let fifo = roster::plain("fifo", admit, "first-fit");
            let starts =
                |gpus: u64| fates(world(vec![fleet(1, small(gpus))]), &jobs, &fifo).starts();
            for (more, fewer) in starts(gpus + 1).into_iter().zip(starts(gpus)) {
                assert!(more <= fewer, "{admit}, {seed}: {more} against {fewer}");
            }
        }
    }
}

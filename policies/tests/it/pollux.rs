//! Pollux's rounds by hand, with jobs of fixed size: the mean of their speedups is the number of those who run, nearly.

use policies::pollux::{Pollux, Ways};
use sim_core::model::{Gang, Job, Market};

use crate::contract::rig;
use crate::plain::{fleet, job, span, standing, world};

/// From when to when each attempt ran on so many nodes of 8 GPUs.
fn attempts(nodes: u32, jobs: &[Job], fairness: f64, apart: bool) -> Vec<(u32, f64, f64)> {
    let world = world(vec![standing(fleet(Market::Owned, 8, nodes))]);
    let policy = Pollux::new(Ways {
        round: span(60),
        fairness,
        restart: span(30),
        apart,
        most_gpus: 64,
        seed: 1,
    });
    rig::attempts(&world, jobs, Box::new(policy))
}

/// Two small ones are worth more than a large one to a fair mean, and as much to a sum, in which whoever runs goes on. Once one of
/// the two is done, half of the GPUs is the fair share: the large one is twice as fast on all of them, the other as fast as that.
#[test]
fn a_large_job_gives_way_to_two_small_ones_if_the_mean_is_fair() {
    let jobs = [
        job(0, Gang::of(1, 8), 240),
        job(70, Gang::of(1, 4), 60),
        job(80, Gang::of(1, 4), 90),
    ];
    assert_eq!(
        attempts(1, &jobs, -1.0, true),
        [
            (0, 60.0, 120.0),
            (1, 120.0, 180.0),
            (2, 120.0, 180.0),
            (0, 180.0, 360.0),
            (2, 360.0, 390.0)
        ]
    );
    assert_eq!(
        attempts(1, &jobs, 1.0, true),
        [(0, 60.0, 300.0), (1, 300.0, 360.0), (2, 300.0, 390.0)]
    );
}

/// Three nodes, and two jobs of twelve GPUs, each of which leaves half a node to the other.
#[test]
fn two_jobs_across_nodes_share_none_unless_they_may() {
    let jobs = [job(0, Gang::of(12, 1), 60), job(0, Gang::of(12, 1), 60)];
    assert_eq!(
        attempts(3, &jobs, -1.0, true),
        [(0, 60.0, 120.0), (1, 120.0, 180.0)]
    );
    assert_eq!(
        attempts(3, &jobs, -1.0, false),
        [(0, 60.0, 120.0), (1, 60.0, 120.0)]
    );
}

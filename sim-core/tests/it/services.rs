//! Random services in random worlds: the engine, which looks at them only where it must, against the auditor and the naive
//! simulator, which brings them on at every instant.

use std::sync::Arc;

use sim_core::engine::World;
use sim_core::model::Job;
use sim_core::swarm::{scenario, services};

use crate::rig::{check, watch};
use crate::zoo::Animal;

const SCENARIOS: u64 = 600;

fn served(seed: u64) -> (Arc<World>, Vec<Job>) {
    let (mut world, jobs) = scenario(seed);
    services(seed, &mut world);
    (Arc::new(world), jobs)
}

#[test]
fn the_engine_agrees_with_auditor_and_naive_simulator() {
    let (mut requests, mut retired, mut flows) = (0, 0, 0);
    for seed in 0..SCENARIOS {
        let (world, jobs) = served(seed);
        for animal in Animal::all(seed) {
            let what = format!("seed {seed}, {animal:?}");
            let seen = check(&what, &world, &jobs, &animal);
            requests += seen.report.requests;
            retired += seen.report.retired;
            flows += seen.report.flows;
        }
    }
    assert!(requests > 20_000 && retired > 1_000, "{requests} {retired}");
    assert!(flows > 20_000, "{flows}");
}

#[test]
fn every_way_in_which_a_request_can_end_is_reached() {
    let ends = [
        "Served",
        "Cached",
        "Full",
        "TooLong",
        "Lost",
        "Impatient",
        "is to go",
        "Retired",
    ];
    let mut seen = [0; 8];
    for seed in 0..300 {
        let (world, jobs) = served(seed);
        let run = watch(&world, &jobs, Animal::Monkey(seed).policy());
        for (_, line) in &run.transcript.lines {
            for (count, end) in seen.iter_mut().zip(ends) {
                *count += u32::from(line.contains(end));
            }
        }
    }
    for (count, end) in seen.iter().zip(ends) {
        assert!(*count > 20, "{end}: {count}");
    }
}

//! Which pool is bought from first: by price, by what is to be had, by both, one by one.

use sim_core::engine::World;
use sim_core::model::Market;

use super::rig::{fleet, fly, job, part, text, world};

/// Spot at $2, 9 of them; at $1, 4; at $1.50, 10.
fn three() -> World {
    let offerings = [(200, 9), (100, 4), (150, 10)];
    let fleets = offerings.map(|(price, max)| fleet(Market::Spot, price, max));
    world(fleets.into())
}

/// What is asked for at once for five jobs, in the order of the fleets.
fn asked(pools: &str) -> Vec<(usize, u32)> {
    let jobs: Vec<_> = (0..5).map(|_| job(0, 600)).collect();
    let log = fly(
        &three(),
        &jobs,
        &part("spot-first", &[("pools", text(pools))]),
    );
    log.asked
        .iter()
        .map(|(_, on, count)| (*on, *count))
        .collect()
}

#[test]
fn the_rules_are_those_of_their_names() {
    assert_eq!(asked("in-order"), [(0, 5)]);
    assert_eq!(asked("lowest-price"), [(1, 4), (2, 1)]);
    assert_eq!(asked("capacity-optimized"), [(2, 5)]);
    // Four are fewer than half of ten.
    assert_eq!(asked("price-capacity-optimized"), [(2, 5)]);
    assert_eq!(asked("diversified"), [(0, 1), (1, 2), (2, 2)]);
}

#[test]
fn a_price_is_that_of_a_gpu() {
    let mut world = three();
    world.offerings[0].shape.gpus = 4;
    let log = fly(&world, &[job(0, 600)], &part("spot-first", &[]));
    assert_eq!(log.starts, [(0, 0, 0)]);
}

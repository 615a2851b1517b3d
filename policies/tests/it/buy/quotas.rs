//! Quotas that fleets share: a buyer that meets a full one turns to its next choice, and waits for nothing that never comes.

use policies::params::Value;
use sim_core::engine::World;
use sim_core::model::{Counted, Gang, Job, Market, ModelSet, Quota};
use sim_core::units::{ModelId, OfferingId};

use super::rig::{at, cents, fleet, fly, fly_moving, held, job, part, span, stocked, text, world};

const HOUR: u64 = 3600;

/// At most so many machines of these fleets together.
fn under(mut world: World, most: u64, covers: &[u16]) -> World {
    world.quotas = vec![Quota {
        name: "shared".to_owned(),
        counted: Counted::Nodes,
        most,
        covers: covers.iter().copied().map(OfferingId).collect(),
    }];
    world
}

/// Spot at $1 and at $1.50, on demand at $3; four of each.
fn three() -> World {
    world(vec![
        fleet(Market::Spot, 100, 4),
        fleet(Market::Spot, 150, 4),
        fleet(Market::OnDemand, 300, 4),
    ])
}

fn jobs(count: usize, secs: u64) -> Vec<Job> {
    (0..count).map(|_| job(0, secs)).collect()
}

fn gang(tasks: u32, secs: u64) -> Job {
    Job {
        gang: Gang::of(tasks, 1),
        ..job(0, secs)
    }
}

#[test]
fn what_one_fleet_takes_of_a_quota_the_other_one_lacks() {
    let spread = part("spot-first", &[("pools", text("diversified"))]);
    let log = fly(&under(three(), 3, &[0, 1]), &jobs(5, 600), &spread);
    let at_once: Vec<_> = log.asked.iter().filter(|(when, ..)| *when == 0).collect();
    assert_eq!(at_once, [&(0, 0, 2), &(0, 1, 1)]);
    // The other two start where the first ones end.
    let when: Vec<u64> = log.starts.iter().map(|(when, ..)| *when).collect();
    assert_eq!(when, [0, 0, 0, 600, 600]);
}

#[test]
fn the_next_market_has_what_a_quota_denies() {
    let markets = Value::Texts(vec!["spot".to_owned(), "on-demand".to_owned()]);
    let deep = part("queue-depth", &[("market", markets)]);
    let log = fly(&under(three(), 3, &[0, 1]), &jobs(5, 600), &deep);
    assert_eq!(log.asked, [(0, 0, 3), (0, 2, 2)]);
    assert!(log.starts.iter().all(|(when, ..)| *when == 0));
}

#[test]
fn a_gang_that_a_quota_could_never_hold_goes_to_the_fallback_at_once() {
    let spot_first = part("spot-first", &[("prior-rate", Value::Float(0.0))]);
    let starts = |most| {
        let log = fly(
            &under(three(), most, &[0, 1]),
            &[gang(4, HOUR)],
            &spot_first,
        );
        log.starts
    };
    assert_eq!(starts(8), [(0, 0, 0)]);
    assert_eq!(starts(4), [(0, 0, 0)]);
    assert_eq!(starts(3), [(0, 0, 2)]);
}

#[test]
fn what_a_fleet_begins_with_is_kept_for_it() {
    let mut world = three();
    // Both of the first fleet's are taken away for ten minutes, and nobody gets their place.
    world.offerings[0] = stocked(
        held(fleet(Market::Spot, 100, 2)),
        &[(0, 2), (60, 0), (660, 2)],
    );
    world.offerings[0].standing = true;
    let spread = part("spot-first", &[("pools", text("lowest-price"))]);
    let log = fly(&under(world, 3, &[0, 1]), &jobs(3, HOUR), &spread);
    let asked = |on| log.asked.iter().filter(move |(_, at, _)| *at == on);
    assert!(asked(1).all(|(_, _, count)| *count == 1), "{:?}", log.asked);
    let again: Vec<_> = asked(0).collect();
    assert_eq!(again, [&(660, 0, 2)], "the fleet itself asks");
}

#[test]
fn a_base_is_as_large_as_its_quota() {
    let given = [
        ("base", Value::Integer(5)),
        ("base-market", text("on-demand")),
    ];
    let log = fly(
        &under(three(), 2, &[0, 1, 2]),
        &jobs(3, 600),
        &part("layers", &given),
    );
    assert_eq!(log.asked, [(0, 2, 2)]);
}

#[test]
fn two_jobs_that_hold_what_the_other_one_needs_make_way() {
    let mut world = three();
    world.models.push("other".to_owned());
    world.offerings[0] = stocked(fleet(Market::Spot, 100, 4), &[(0, 1), (120, 4)]);
    world.offerings[1].shape.model = ModelId(1);
    world.offerings.truncate(2);
    let world = under(world, 2, &[0, 1]);
    let on = |model, arrival| Job {
        arrival: at(arrival),
        models: ModelSet::NONE.with(ModelId(model)),
        ..gang(2, HOUR)
    };
    // The first gets one of the two machines that it needs, for there are no more; the second gets the last that the quota
    // leaves. Then there are more, and the quota is full of machines that nobody can use.
    let spot_first = part("spot-first", &[("prior-rate", Value::Float(0.0))]);
    let log = fly(&world, &[on(0, 0), on(1, 60)], &spot_first);
    // What is idle for ten minutes makes room for the first, and what it leaves for the second.
    let starts: Vec<_> = log.starts.iter().map(|(_, job, on)| (*job, *on)).collect();
    assert_eq!(starts, [(0, 0), (1, 1)], "{:?}", log.asked);
    assert!(log.starts[0].0 <= 1200, "{:?}", log.starts);
}

#[test]
fn who_moves_asks_the_pool_that_has_room() {
    let mut dear = held(fleet(Market::Spot, 100, 1));
    let steps = vec![(at(0), cents(100)), (at(1200), cents(400))];
    dear.price = sim_core::world::Curve::new(steps).expect("ascending");
    let mut world = world(vec![
        dear,
        fleet(Market::Spot, 110, 4),
        fleet(Market::Spot, 120, 4),
    ]);
    world.offerings[1].boot = span(240);
    world.offerings[2].boot = span(240);
    let moves = |world: &World| {
        let relocate = part("cheaper", &[]);
        fly_moving(world, &[job(0, 3 * HOUR)], &part("keep", &[]), &relocate).moves
    };
    assert_eq!(moves(&world), [(2040, 0, 1)]);
    assert_eq!(moves(&under(world, 1, &[0, 1])), [(2040, 0, 2)]);
}

//! Layers and burst: what is held in any case, who goes where, what is given back first.

use policies::params::Value;
use sim_core::engine::World;
use sim_core::model::{Appetite, Checkpoint, Job, Market};
use sim_core::units::ClassId;

use super::rig::{Part, class, fleet, fly, held, job, part, stocked, text, world};

const HOUR: u64 = 3600;
const BASE: usize = 0;
const SPOT: usize = 1;
const BUFFER: usize = 2;

/// A base, spot, a buffer; classes that tolerate nothing, a fifth, and nearly anything.
fn layered() -> World {
    let mut world = world(vec![
        fleet(Market::Reserved, 200, 4),
        fleet(Market::Spot, 100, 8),
        fleet(Market::OnDemand, 300, 8),
    ]);
    let appetite = |tolerance_ppm| Appetite {
        tolerance_ppm: Some(tolerance_ppm),
        ..Appetite::default()
    };
    world.classes = [0, 200_000, 900_000]
        .map(|ppm| class(Checkpoint::default(), appetite(ppm)))
        .into();
    world
}

fn of(lane: u16, job: Job) -> Job {
    Job {
        class: ClassId(lane),
        ..job
    }
}

fn layers(base: i64) -> Part {
    part("layers", &[("base", Value::Integer(base))])
}

#[test]
fn the_base_is_bought_at_once_and_never_given_back() {
    let jobs = [of(0, job(0, 60)), of(0, job(3 * HOUR, 60))];
    let log = fly(&layered(), &jobs, &layers(2));
    assert_eq!(log.asked[0], (0, BASE, 2));
    assert_eq!(log.starts, [(0, 0, BASE), (3 * HOUR, 1, BASE)]);
    assert!(log.released.iter().all(|(_, on)| *on != BASE), "{log:?}");
}

#[test]
fn jobs_go_by_what_they_tolerate() {
    let jobs = [
        of(0, job(0, HOUR)),
        of(1, job(0, HOUR)),
        of(1, job(0, 5 * HOUR)),
        of(2, job(0, 5 * HOUR)),
    ];
    let log = fly(&layered(), &jobs, &layers(0));
    let on: Vec<usize> = log.starts.iter().map(|(_, _, on)| *on).collect();
    // An hour on spot is within a fifth, five are not.
    assert_eq!(on, [BUFFER, SPOT, BUFFER, SPOT]);
}

#[test]
fn only_those_who_tolerate_nearly_anything_wait_for_spot_for_ever() {
    let mut world = layered();
    let fleet = fleet(Market::Spot, 100, 8);
    world.offerings[SPOT] = stocked(fleet, &[(0, 0), (2 * HOUR, 8)]);
    let starts = |lane| fly(&world, &[of(lane, job(0, HOUR))], &layers(0)).starts;
    assert_eq!(starts(1), [(1800, 0, BUFFER)]);
    assert_eq!(starts(2), [(2 * HOUR, 0, SPOT)]);
}

/// One machine at home, spot and on demand in the cloud.
fn cloudy() -> World {
    world(vec![
        held(fleet(Market::Owned, 50, 1)),
        fleet(Market::Spot, 100, 1),
        fleet(Market::OnDemand, 300, 8),
    ])
}

#[test]
fn who_has_waited_for_home_goes_to_the_cloud_in_the_order_of_its_markets() {
    let jobs = [0, 0, 0].map(|arrival| job(arrival, HOUR));
    let log = fly(&cloudy(), &jobs, &part("burst", &[]));
    assert_eq!(log.starts, [(0, 0, 0), (900, 1, 1), (900, 2, 2)]);
    let patient = part("burst", &[("patience", text("3h"))]);
    let log = fly(&cloudy(), &jobs, &patient);
    assert_eq!(log.starts, [(0, 0, 0), (HOUR, 1, 0), (2 * HOUR, 2, 0)]);
    let dear_first = part(
        "burst",
        &[(
            "cloud",
            Value::Texts(vec!["on-demand".into(), "spot".into()]),
        )],
    );
    let log = fly(&cloudy(), &jobs, &dear_first);
    assert_eq!(log.starts, [(0, 0, 0), (900, 1, 2), (900, 2, 2)]);
}

#[test]
fn where_the_queue_is_long_all_go_to_the_cloud_at_once() {
    let jobs = [0, 0, 0].map(|arrival| job(arrival, HOUR));
    let deep = part("burst", &[("depth", Value::Integer(1))]);
    let log = fly(&cloudy(), &jobs, &deep);
    assert_eq!(log.starts, [(0, 0, 0), (0, 1, 1), (0, 2, 2)]);
}

#[test]
fn what_is_named_first_is_given_back_first() {
    let mut jobs = vec![job(0, 1800), job(0, 1800), job(0, 1800)];
    jobs.push(job(3 * HOUR, 60));
    let buy = |release: [&str; 2]| {
        let release = release.map(str::to_owned).to_vec();
        part("burst", &[("release", Value::Texts(release))])
    };
    // Both are idle from 900 + 1800 on.
    let log = fly(&cloudy(), &jobs, &buy(["spot", "on-demand"]));
    assert_eq!(log.released, [(3300, 1), (3900, 2)]);
    let log = fly(&cloudy(), &jobs, &buy(["on-demand", "spot"]));
    assert_eq!(log.released, [(3300, 2), (3900, 1)]);
}

#[test]
fn what_home_could_never_hold_goes_to_the_cloud_at_once() {
    let mut gang = job(0, HOUR);
    gang.gang = sim_core::model::Gang::of(3, 1);
    let log = fly(&cloudy(), &[gang], &part("burst", &[]));
    assert_eq!(log.starts[0].0, 0);
}

//! Price caps: a pool dearer than that is out of the question, and who can lie nowhere steps aside.

use sim_core::engine::World;
use sim_core::model::{Appetite, Checkpoint, Job, Market};
use sim_core::units::ClassId;
use sim_core::world::Curve;

use super::rig::{at, cents, class, fleet, fly, held, job, part, world};

/// The first class pays what it costs, the second $2 at most.
fn capped(mut world: World) -> World {
    let appetite = Appetite {
        price_cap: Some(cents(200)),
        ..Appetite::default()
    };
    world.classes.push(class(Checkpoint::default(), appetite));
    world
}

fn thrifty(job: Job) -> Job {
    Job {
        class: ClassId(1),
        ..job
    }
}

#[test]
fn a_job_is_bought_nothing_above_its_cap_and_does_not_lie_there() {
    let dear = held(fleet(Market::Spot, 250, 1));
    let world = capped(world(vec![dear, fleet(Market::Spot, 150, 1)]));
    let log = fly(&world, &[thrifty(job(0, 60))], &part("spot-first", &[]));
    assert_eq!(log.starts, [(0, 0, 1)]);
    let log = fly(&world, &[job(0, 60)], &part("spot-first", &[]));
    assert_eq!(log.starts, [(0, 0, 0)]);
}

#[test]
fn who_can_pay_for_nothing_steps_aside_until_a_price_falls() {
    let mut spot = fleet(Market::Spot, 300, 1);
    spot.price = Curve::new(vec![(at(0), cents(300)), (at(900), cents(200))]).expect("ascending");
    let world = capped(world(vec![spot]));
    let jobs = [thrifty(job(0, 60)), job(0, 60)];
    for buy in ["spot-first", "layers", "burst"] {
        let log = fly(&world, &jobs, &part(buy, &[]));
        // The one behind it is let past, though the line is strict.
        assert_eq!(log.starts, [(0, 1, 0), (900, 0, 0)], "{buy}");
        assert!(log.capped > 0, "{buy}: it says why");
    }
}

//! Moving: to where an hour of useful work is cheaper by the margin, the move included, and not to and fro.

use policies::params::Value;
use sim_core::engine::World;
use sim_core::model::{Checkpoint, Keep, Market};
use sim_core::world::Curve;

use super::rig::{Log, at, cents, fleet, fly_moving, held, job, part, span, text, world};

const HOUR: u64 = 3600;

/// A machine at $1 that costs `later` from 20 minutes on, and one at $1.10 beside it, both held.
fn two(later: u64) -> World {
    let mut first = held(fleet(Market::Spot, 100, 1));
    let steps = vec![(at(0), cents(100)), (at(1200), cents(later))];
    first.price = Curve::new(steps).expect("ascending");
    world(vec![first, held(fleet(Market::Spot, 110, 1))])
}

fn moves(world: &World, secs: u64, given: &[(&str, Value)]) -> Log {
    let relocate = part("cheaper", given);
    fly_moving(world, &[job(0, secs)], &part("keep", &[]), &relocate)
}

#[test]
fn a_job_moves_at_the_next_look_after_its_pool_has_become_dear() {
    let log = moves(&two(200), 3 * HOUR, &[]);
    assert_eq!(log.moves, [(1800, 0, 1)]);
    let log = moves(&two(200), 3 * HOUR, &[("every", text("7m"))]);
    assert_eq!(log.moves, [(1260, 0, 1)]);
}

#[test]
fn what_saves_less_than_the_margin_is_not_worth_it() {
    // 1.10 / 1.35 saves 0.185.
    assert_eq!(moves(&two(135), 3 * HOUR, &[]).moves, []);
    let eager = [("margin", Value::Float(0.1))];
    assert_eq!(moves(&two(135), 3 * HOUR, &eager).moves, [(1800, 0, 1)]);
}

#[test]
fn what_the_move_itself_costs_counts() {
    let mut world = two(200);
    world.classes[0].checkpoint.reseat = span(HOUR);
    // Two and a half hours are left at $2; three and a half at $1.10 are 0.77 of that.
    assert_eq!(moves(&world, 3 * HOUR, &[]).moves, [(1800, 0, 1)]);
    // One is left; two at $1.10 are more.
    assert_eq!(moves(&world, 3 * HOUR / 2, &[]).moves, []);
}

#[test]
fn it_moves_back_once_that_is_worth_it_and_not_to_and_fro() {
    let mut world = two(200);
    let steps = (0..8).map(|n| (at(n * 5400), cents(if n % 2 == 0 { 100 } else { 200 })));
    world.offerings[0].price = Curve::new(steps.collect()).expect("ascending");
    world.offerings[1].price = Curve::constant(cents(150));
    let log = moves(&world, 6 * HOUR, &[]);
    let there: Vec<usize> = log.moves.iter().map(|(_, _, on)| *on).collect();
    assert_eq!(there, [1, 0, 1], "{:?}", log.moves);
    // Prices that part by less than the margin move nobody, however often they cross.
    let steps = (0..80).map(|n| (at(n * 300), cents(if n % 2 == 0 { 140 } else { 160 })));
    world.offerings[0].price = Curve::new(steps.collect()).expect("ascending");
    assert_eq!(moves(&world, 6 * HOUR, &[]).moves, []);
}

#[test]
fn a_machine_is_asked_for_where_none_is_free() {
    let mut world = two(300);
    world.offerings[1] = fleet(Market::Spot, 110, 4);
    world.offerings[1].boot = span(240);
    let log = moves(&world, 3 * HOUR, &[]);
    assert_eq!(log.asked, [(1800, 1, 1)]);
    assert_eq!(log.moves, [(2040, 0, 1)]);
}

#[test]
fn a_pool_that_takes_machines_away_is_dearer_than_its_price() {
    let mut world = two(300);
    world.classes[0].checkpoint = Checkpoint {
        keep: Keep::Every(span(2 * HOUR)),
        restore: span(HOUR),
        ..Checkpoint::default()
    };
    // On demand nothing is believed to be lost: $2.20 an hour against $2 x (1 + 0.5 x 2).
    world.offerings[0].price = Curve::constant(cents(200));
    world.offerings[1] = held(fleet(Market::OnDemand, 220, 1));
    let risky = [
        ("prior-rate", Value::Float(0.5)),
        ("prior-hours", Value::Float(1000.0)),
    ];
    assert_eq!(moves(&world, 9 * HOUR, &risky).moves, [(900, 0, 1)]);
    assert_eq!(moves(&world, 9 * HOUR, &[]).moves, []);
}

#[test]
fn a_pool_above_the_highest_rate_is_no_place_to_move_to() {
    let barred = [("max-rate", Value::Float(0.05))];
    assert_eq!(moves(&two(300), 3 * HOUR, &barred).moves, []);
}

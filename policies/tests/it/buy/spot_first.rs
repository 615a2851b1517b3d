//! Spot first: who goes where. A reclaim within t hours has the likelihood 1 - exp(-t / 10) at the prior rate of 0.1.

use policies::params::Value;
use sim_core::engine::World;
use sim_core::model::{Appetite, Checkpoint, Gang, Job, Keep, Market};

use super::rig::{Part, class, fleet, fly, held, job, part, span, stocked, text, world};

const SPOT: usize = 0;
const DEMAND: usize = 1;
const HOUR: u64 = 3600;

fn spot_first(given: &[(&str, Value)]) -> Part {
    part("spot-first", given)
}

/// Spot at $1, on demand at $3; enough of both.
fn two() -> World {
    world(vec![
        fleet(Market::Spot, 100, 8),
        fleet(Market::OnDemand, 300, 8),
    ])
}

/// Where each job starts, by its number.
fn wheres(world: &World, jobs: &[Job], buy: &Part) -> Vec<usize> {
    let mut starts = fly(world, jobs, buy).starts;
    starts.sort_by_key(|(_, job, _)| *job);
    starts.into_iter().map(|(_, _, on)| on).collect()
}

#[test]
fn a_job_goes_to_spot_while_a_reclaim_within_its_work_is_likely_enough_to_be_borne() {
    // 1 h: 0.095; 2 h: 0.181; 2.5 h: 0.221; 3 h: 0.259.
    let jobs = [1, 2, 3].map(|hours| job(0, hours * HOUR));
    assert_eq!(
        wheres(&two(), &jobs, &spot_first(&[])),
        [SPOT, SPOT, DEMAND]
    );
    let bold = spot_first(&[("max-risk", Value::Float(0.3))]);
    assert_eq!(wheres(&two(), &jobs, &bold), [SPOT; 3]);
    let calm = spot_first(&[("prior-rate", Value::Float(0.01))]);
    assert_eq!(wheres(&two(), &jobs, &calm), [SPOT; 3]);
}

#[test]
fn what_is_paid_in_any_case_is_taken_first_and_by_everybody() {
    let mut world = two();
    world.offerings.push(fleet(Market::Reserved, 900, 1));
    // The first could go to spot, the second only to machines that stay; the third finds the reserved one in use.
    let jobs = [job(0, HOUR), job(2 * HOUR, 5 * HOUR), job(3 * HOUR, HOUR)];
    assert_eq!(wheres(&world, &jobs, &spot_first(&[])), [2, 2, SPOT]);
}

#[test]
fn the_risk_of_a_gang_is_that_of_all_its_machines() {
    let mut gang = job(0, HOUR);
    gang.gang = Gang::of(3, 1);
    assert_eq!(wheres(&two(), &[gang], &spot_first(&[])), [DEMAND]);
}

#[test]
fn who_keeps_nothing_goes_to_the_fallback_unless_it_is_said_otherwise() {
    let mut world = two();
    world.classes[0].checkpoint.keep = Keep::Nothing;
    let jobs = [job(0, HOUR)];
    assert_eq!(wheres(&world, &jobs, &spot_first(&[])), [DEMAND]);
    let unsaved = spot_first(&[("unsaved", Value::Flag(true))]);
    assert_eq!(wheres(&world, &jobs, &unsaved), [SPOT]);
}

#[test]
fn who_keeps_something_may_bear_more() {
    let jobs = [job(0, 9 * HOUR)];
    let saved = spot_first(&[("saved-risk", Value::Float(0.9))]);
    assert_eq!(wheres(&two(), &jobs, &saved), [SPOT]);
}

#[test]
fn the_urgent_go_to_the_fallback() {
    let mut urgent = job(0, HOUR);
    urgent.priority = 5;
    let buy = spot_first(&[("urgent", Value::Integer(5))]);
    assert_eq!(
        wheres(&two(), &[urgent, job(0, HOUR)], &buy),
        [DEMAND, SPOT]
    );
}

#[test]
fn the_workloads_tolerance_goes_before_the_policys() {
    let mut world = two();
    let appetite = |tolerance_ppm| Appetite {
        tolerance_ppm: Some(tolerance_ppm),
        ..Appetite::default()
    };
    world.classes = [0, 50_000, 900_000]
        .map(|ppm| class(Checkpoint::default(), appetite(ppm)))
        .into();
    let jobs: Vec<Job> = (0..3)
        .map(|class| Job {
            class: sim_core::units::ClassId(class),
            ..job(0, HOUR)
        })
        .collect();
    assert_eq!(
        wheres(&world, &jobs, &spot_first(&[])),
        [DEMAND, DEMAND, SPOT]
    );
}

#[test]
fn a_job_for_the_fallback_does_not_start_on_an_idle_spot_machine() {
    let mut world = two();
    world.offerings[SPOT] = held(fleet(Market::Spot, 100, 2));
    world.offerings[DEMAND].boot = span(60);
    let log = fly(&world, &[job(0, 5 * HOUR)], &spot_first(&[]));
    assert_eq!(log.starts, [(60, 0, DEMAND)]);
}

#[test]
fn a_floor_that_is_paid_in_any_case_is_open_to_all() {
    let mut world = two();
    world.offerings[DEMAND] = held(fleet(Market::OnDemand, 300, 1));
    let log = fly(&world, &[job(0, HOUR), job(0, HOUR)], &spot_first(&[]));
    assert_eq!(log.starts, [(0, 0, DEMAND), (0, 1, SPOT)]);
}

#[test]
fn who_waits_for_spot_for_long_enough_takes_the_fallback() {
    let mut world = two();
    world.offerings[SPOT] = stocked(fleet(Market::Spot, 100, 8), &[(0, 0), (2 * HOUR, 8)]);
    let jobs = [job(0, HOUR)];
    let starts = |given: &[(&str, Value)]| fly(&world, &jobs, &spot_first(given)).starts;
    assert_eq!(starts(&[]), [(1800, 0, DEMAND)]);
    assert_eq!(starts(&[("patience", text("10m"))]), [(600, 0, DEMAND)]);
    let never = starts(&[("patience", text("never"))]);
    assert_eq!(never, [(2 * HOUR, 0, SPOT)]);
}

#[test]
fn spot_machines_that_boot_are_waited_for_even_by_the_late() {
    let mut world = two();
    world.offerings[SPOT].boot = span(1000);
    let buy = spot_first(&[("patience", text("10m"))]);
    let log = fly(&world, &[job(0, HOUR)], &buy);
    assert_eq!(log.starts, [(1000, 0, SPOT)]);
    assert_eq!(log.asked, [(0, SPOT, 1)]);
}

#[test]
fn without_an_estimate_a_job_looks_as_long_again_as_it_has_had() {
    let mut world = two();
    // The machine is taken away after 5 h, by when the job has shown how long it can be.
    world.offerings[SPOT] = stocked(
        fleet(Market::Spot, 100, 8),
        &[(0, 8), (5 * HOUR, 0), (6 * HOUR, 8)],
    );
    let mut long = job(0, 9 * HOUR);
    long.estimate = None;
    let log = fly(&world, &[long], &spot_first(&[]));
    assert_eq!(log.starts, [(0, 0, SPOT), (5 * HOUR, 0, DEMAND)]);
}

#[test]
fn reclaims_that_were_seen_drive_jobs_away_and_quiet_hours_bring_them_back() {
    let mut world = two();
    let stock: Vec<(u64, u32)> = (0..6)
        .flat_map(|n| [(n * 1200, 1), (n * 1200 + 600, 0)])
        .collect();
    world.offerings[SPOT] = stocked(fleet(Market::Spot, 100, 1), &stock);
    let buy = spot_first(&[
        ("prior-hours", Value::Float(1.0)),
        ("patience", text("never")),
    ]);
    let first = job(0, HOUR / 2);
    let after = job(2 * HOUR, HOUR);
    let log = fly(&world, &[first, after], &buy);
    // Three reclaims in half an hour: (0.1 + 3) / (1 + 0.5) an hour is too much for either.
    assert_eq!(log.starts.last(), Some(&(2 * HOUR, 1, DEMAND)));
}

/// Metamorphic: without any tolerance it is queue depth on the fallback.
#[test]
fn at_no_risk_it_does_what_queue_depth_does_on_the_fallback() {
    let jobs: Vec<Job> = (0..40)
        .map(|n| job(n * 700 % 9000, 300 + n * 977 % 7000))
        .collect();
    let mut jobs = jobs;
    jobs.sort_by_key(|job| job.arrival);
    let mut world = two();
    world.offerings[DEMAND].max = 5;
    world.offerings[DEMAND].boot = span(90);
    let none = fly(
        &world,
        &jobs,
        &spot_first(&[("max-risk", Value::Float(0.0))]),
    );
    let plain = fly(&world, &jobs, &part("queue-depth", &[]));
    assert_eq!(none.starts, plain.starts);
    let decisions = |log: &super::rig::Log| log.digests.expect("it flew").decisions;
    assert_eq!(decisions(&none), decisions(&plain));
}

/// Metamorphic: at any risk, and with spot enough, the fallback is never asked for.
#[test]
fn at_any_risk_it_never_buys_the_fallback_while_there_is_spot() {
    let jobs: Vec<Job> = (0..40)
        .map(|n| job(n * 200, 300 + n * 977 % 7000))
        .collect();
    let mut world = two();
    world.offerings[SPOT] = fleet(Market::Spot, 100, 60);
    world.offerings[SPOT].risk.lifetime = super::reclaims::exponential(HOUR);
    let log = fly(
        &world,
        &jobs,
        &spot_first(&[("max-risk", Value::Float(1.0))]),
    );
    assert!(log.asked.iter().all(|(_, on, _)| *on == SPOT));
    assert!(log.starts.len() > jobs.len(), "some were interrupted");
}

#[test]
fn idle_machines_are_given_back_after_a_while() {
    let log = fly(&two(), &[job(0, HOUR), job(2 * HOUR, 60)], &spot_first(&[]));
    assert_eq!(log.released, [(HOUR + 600, SPOT)]);
}

#[test]
fn where_nothing_is_said_of_capacity_it_asks_again() {
    let mut world = two();
    let spot = fleet(Market::Spot, 100, 8);
    world.offerings[SPOT] = stocked(spot, &[(0, 0), (1000, 8)]);
    world.offerings[SPOT].visible = false;
    let buy = spot_first(&[("patience", text("never"))]);
    let log = fly(&world, &[job(0, HOUR)], &buy);
    // After 5 minutes, 10 more, 20 more.
    assert_eq!(log.starts, [(2100, 0, SPOT)]);
}

//! Pools by what a job is expected to cost there: prices that are foretold, and what reclaims cost.

use policies::params::Value;
use sim_core::engine::{Grants, World};
use sim_core::model::{Appetite, Checkpoint, Gang, Job, Keep, Market, Offering};
use sim_core::units::Price;
use sim_core::world::Curve;
use sim_core::world::draw::Stream;

use super::rig::{
    Log, Part, at, cents, class, fleet, fly, fly_knowing, job, part, span, stocked, text, world,
};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn spot_first(pools: &str, given: &[(&str, Value)]) -> Part {
    let plain = [("pools", text(pools)), ("max-risk", Value::Float(1.0))];
    part("spot-first", &[&plain[..], given].concat())
}

fn by_cost(forecast: &str) -> Part {
    spot_first("expected-cost", &[("forecast", text(forecast))])
}

fn prices(steps: impl Iterator<Item = (u64, u64)>) -> Curve<Price> {
    let steps = steps.map(|(from, price)| (at(from), cents(price)));
    Curve::new(steps.collect()).expect("ascending")
}

/// Spot at $1 before noon and at $3 after, every day; spot at $1.50.
fn tidal() -> World {
    let mut tide = fleet(Market::Spot, 100, 8);
    let days = (0..7).flat_map(|day| [(day * DAY, 100), (day * DAY + 12 * HOUR, 300)]);
    tide.price = prices(days);
    world(vec![tide, fleet(Market::Spot, 150, 8)])
}

/// On the fifth day: for six hours at 11:00 and at 23:00; on the sixth for an hour at 11:00.
fn jobs() -> [Job; 3] {
    let day = 4 * DAY;
    [
        job(day + 11 * HOUR, 6 * HOUR),
        job(day + 23 * HOUR, 6 * HOUR),
        job(day + DAY + 11 * HOUR, HOUR),
    ]
}

fn wheres(log: &Log) -> Vec<usize> {
    let mut starts = log.starts.clone();
    starts.sort_by_key(|(_, job, _)| *job);
    starts.into_iter().map(|(_, _, on)| on).collect()
}

#[test]
fn who_has_seen_the_days_pattern_goes_by_the_hours_that_a_job_takes() {
    let on = |buy: &Part| wheres(&fly(&tidal(), &jobs(), buy));
    // Now the first pool is cheaper at 11:00, and the second at 23:00.
    assert_eq!(on(&spot_first("lowest-price", &[])), [0, 1, 0]);
    assert_eq!(on(&by_cost("persistence")), [0, 1, 0]);
    // ($1 + 5 x $3) / 6 and ($3 + 5 x $1) / 6 against $1.50.
    assert_eq!(on(&by_cost("seasonal-naive")), [1, 0, 0]);
    assert_eq!(on(&by_cost("holt-winters")), [1, 0, 0]);
    // One that takes two hours is at ($1 + $3) / 2.
    let two = [job(4 * DAY + 11 * HOUR, 2 * HOUR)];
    assert_eq!(
        wheres(&fly(&tidal(), &two, &by_cost("seasonal-naive"))),
        [1]
    );
}

#[test]
fn on_the_first_day_nobody_can_know_but_the_oracle() {
    let early: Vec<Job> = jobs()
        .into_iter()
        .map(|job| Job {
            arrival: at(job.arrival.us() / 1_000_000 - 4 * DAY),
            ..job
        })
        .collect();
    let on = |forecast, prices| {
        let grants = Grants {
            prices,
            ..Grants::default()
        };
        let parts = (&by_cost(forecast), &part("none", &[]));
        wheres(&fly_knowing(&tidal(), &early, parts, grants))
    };
    assert_eq!(on("seasonal-naive", false), [0, 1, 0]);
    assert_eq!(on("oracle", true), [1, 0, 0]);
    // Without leave to know, it takes prices to stay.
    assert_eq!(on("oracle", false), [0, 1, 0]);
}

#[test]
fn what_was_taken_away_costs_what_setting_up_and_lost_work_cost() {
    let checkpoint = Checkpoint {
        keep: Keep::Every(span(HOUR)),
        restore: span(HOUR / 2),
        ..Checkpoint::default()
    };
    let fleets = |other| {
        let taken = stocked(
            fleet(Market::Spot, 100, 8),
            &[(0, 8), (HOUR, 0), (HOUR + 60, 8)],
        );
        let mut world = world(vec![taken, fleet(Market::Spot, other, 8)]);
        world.classes = vec![class(checkpoint, Appetite::default())];
        world
    };
    let jobs = [job(0, HOUR + 1), job(8 * HOUR, HOUR)];
    let last = |buy: &Part, other| {
        *wheres(&fly(&fleets(other), &jobs, buy))
            .last()
            .expect("two")
    };
    // One reclaim in an hour, on top of ten hours without: $1 (1 + 1/11 x an hour).
    assert_eq!(last(&by_cost("persistence"), 108), 1);
    assert_eq!(last(&by_cost("persistence"), 110), 0);
    assert_eq!(last(&spot_first("lowest-price", &[]), 108), 0);
}

/// Pools whose prices step at random, none of which is ever taken away.
fn steady(luck: &mut Stream) -> (World, Vec<Job>) {
    let pool = |luck: &mut Stream| -> Offering {
        let steps: Vec<(u64, u64)> = (0..20)
            .map(|step| (step * 5000 + luck.below(4999), 50 + luck.below(200)))
            .collect();
        let begin = std::iter::once((0, 50 + luck.below(200)));
        let mut pool = fleet(Market::Spot, 100, 4);
        pool.shape.gpus = 1 << luck.below(3);
        pool.price = prices(begin.chain(steps.into_iter().map(|(at, price)| (at + 1, price))));
        pool
    };
    let mut world = world((0..4).map(|_| pool(luck)).collect());
    world.offerings.push(fleet(Market::OnDemand, 900, 8));
    let mut arrival = 0;
    let jobs = (0..30).map(|_| {
        arrival += luck.below(6000);
        let tasks = u32::try_from(1 + luck.below(3)).expect("small");
        Job {
            gang: Gang::of(tasks, 1),
            ..job(arrival, 60 + luck.below(20_000))
        }
    });
    let jobs = jobs.collect();
    (world, jobs)
}

#[test]
fn as_long_as_prices_are_taken_to_stay_and_nobody_is_reclaimed_the_lowest_price_decides() {
    let (mut luck, mut others) = (Stream::new(1, &["outlook".into()]), 0);
    for seed in 0..100 {
        let (world, jobs) = steady(&mut luck);
        let decided = |buy: &Part| fly(&world, &jobs, buy).digests.expect("it flew").decisions;
        let lowest = decided(&spot_first("lowest-price", &[]));
        assert_eq!(decided(&by_cost("persistence")), lowest, "world {seed}");
        others += u32::from(decided(&by_cost("ewma")) != lowest);
    }
    assert!(
        others > 50,
        "another forecast decides otherwise in {others}"
    );
}

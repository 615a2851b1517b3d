//! Each rule by hand, in minutes: a job of 60 minutes, a changeover of 1, unless another is stated.

use sim_core::model::Gang;

use super::rig::{self, Pilot, pilot, span};

const MINUTE: u64 = 60;

/// A run on a spot machine that is there in the minutes that are marked: starts as (minute, on spot or not), and the end.
fn flown(up: &str, deadline: u64, pilot: Pilot) -> (Vec<(u64, bool)>, u64) {
    let up: Vec<bool> = up.chars().map(|mark| mark == '#').collect();
    let world = rig::world(&up, 5 * MINUTE, span(MINUTE), 1);
    let jobs = [rig::job(0, 60 * MINUTE, deadline * MINUTE)];
    let log = rig::fly(&world, &jobs, pilot, 1);
    let start = |(at, _, on): &(u64, u32, usize)| (at / MINUTE, *on == 0);
    let end = log.ends[0].us().div_ceil(MINUTE * 1_000_000);
    (log.starts.iter().map(start).collect(), end)
}

/// A mark is 5 minutes. Spot from 10 to 30: 19 minutes of work. 41 left, so the net binds when less than 43 is left: of a
/// deadline at 100 that is just after minute 57. On demand from there: 1 + 41 minutes, and a moment.
#[test]
fn greedy_waits_for_spot_until_the_net_binds() {
    let (starts, end) = flown("..####..", 100, pilot("greedy"));
    assert_eq!(starts, [(10, true), (57, false)]);
    assert_eq!(end, 100);
}

/// There is always spot: one start, 61 minutes.
#[test]
fn greedy_stays_on_spot_that_stays() {
    let (starts, end) = flown(&"#".repeat(20), 100, pilot("greedy"));
    assert_eq!((starts, end), (vec![(0, true)], 61));
}

/// A deadline that is too near: on demand at once, and late.
#[test]
fn without_slack_all_is_on_demand() {
    for kind in [
        "greedy",
        "uniform-progress",
        "time-sliced",
        "next-spot",
        "omniscient",
    ] {
        let (starts, end) = flown(&"#".repeat(20), 60, pilot(kind));
        assert_eq!((starts, end), (vec![(0, false)], 61), "{kind}");
    }
}

/// An even share is half a minute a minute (60 of 120). Without spot the job is behind a microsecond after it came, and goes on
/// demand. When spot comes at 20 it has 19 minutes done (less that microsecond), against a share at t + 2d of 11: it moves. Spot
/// until 50: 29 more, 48 done against 25. It idles until the share is 48, a moment before 96; the net would bind at 106, when 14
/// are left for 12 + 2. On demand to 109.
#[test]
fn uniform_progress_keeps_an_even_pace() {
    let (starts, end) = flown("....######..............", 120, pilot("uniform-progress"));
    assert_eq!(starts, [(0, false), (20, true), (95, false)]);
    assert_eq!(end, 109);
}

/// On demand from the start; at 5, with 4 done, the share at t + 2d is 3.5 of 120: it moves. Were the deadline at 80, the share
/// of 7 minutes would be 5.25: it stays until cp(t) = t - 1 >= (t + 2) 3/4, at minute 10, if spot is there then.
#[test]
fn uniform_progress_leaves_on_demand_only_with_a_lead() {
    let spot = ".###################";
    assert_eq!(flown(spot, 120, pilot("uniform-progress")).0[1], (5, true));
    assert_eq!(flown(spot, 80, pilot("uniform-progress")).0[1], (10, true));
}

/// Two slices of 60 minutes, 30 of work each. No spot: the net of the first binds when less than 32 is left of it, at 28. Done
/// at 59; idle to the end of the second net, at 120 - 32 = 88.
#[test]
fn time_slices_each_have_a_net() {
    let two = Pilot {
        slices: Some(2),
        ..pilot("time-sliced")
    };
    let (starts, end) = flown("........................", 120, two);
    assert_eq!(starts, [(28, false), (88, false)]);
    assert_eq!(end, 120);
}

/// What spot did beyond the first slice's share lessens the second's: 40 done by 45 minutes (spot from 4 on is 5 to 45, less
/// one to start: 39), so 21 are left and the net of the second binds at 120 - 23 = 97.
#[test]
fn what_a_slice_does_beyond_its_share_counts_for_the_next() {
    let two = Pilot {
        slices: Some(2),
        ..pilot("time-sliced")
    };
    let (starts, _) = flown(".########...............", 120, two);
    assert_eq!(starts, [(5, true), (97, false)]);
}

/// k = 3.1446, d = 20 minutes: k d / (k - 1) = 29.3 minutes. An idle job that is not behind lets spot of 25 minutes pass, and
/// takes one of 30.
#[test]
fn next_spot_takes_only_what_pays() {
    let first = |marks: usize| {
        let up: Vec<bool> = (0..40).map(|mark| mark < marks).collect();
        let world = rig::world(&up, 300, span(1200), 1);
        let jobs = [rig::job(0, 3600, 400 * MINUTE)];
        rig::fly(&world, &jobs, pilot("next-spot"), 1).starts[0].2 == 0
    };
    assert_eq!([first(5), first(6)], [false, true]);
}

/// Two jobs and one spot machine: the second is served on demand when it must, the machines of both are given back.
#[test]
fn every_job_is_looked_after_on_its_own() {
    let world = rig::world(&[true; 20], 300, span(60), 2);
    let jobs = [rig::job(0, 3600, 6000), rig::job(0, 3600, 6000)];
    let log = rig::fly(&world, &jobs, pilot("greedy"), 1);
    // The first takes spot for 61 minutes, and hands it over with 39 minutes left: too few for 60 of work, so the second was on
    // demand from minute 38 on.
    let starts: Vec<_> = log
        .starts
        .iter()
        .map(|(at, job, on)| (at / 60, *job, *on))
        .collect();
    assert_eq!(starts, [(0, 0, 0), (38, 1, 1)]);
    assert_eq!(
        [log.held_us[0] / 60_000_000, log.held_us[1] / 60_000_000],
        [61, 61]
    );
}

/// A gang of two nodes is on two spot machines or on none.
#[test]
fn a_gang_is_polarised() {
    let mut world = rig::world(&[true; 20], 300, span(60), 2);
    let stock = [(0, 1), (600, 2), (1800, 1)];
    world.offerings[0] = rig::fleet(
        sim_core::model::Market::Spot,
        0.9731,
        stock.map(|(at, nodes)| (rig::at(at), nodes)).to_vec(),
    );
    let mut job = rig::job(0, 3600, 6000);
    job.gang = Gang::of(2, 1);
    let log = rig::fly(&world, &[job], pilot("greedy"), 1);
    let starts: Vec<_> = log
        .starts
        .iter()
        .map(|(at, _, on)| (at / 60, *on))
        .collect();
    assert_eq!(starts, [(10, 0), (57, 1)]);
    // Twice 20 minutes: the machine that was left alone is given back.
    assert_eq!(log.held_us[0], 2 * 1_200_000_000);
}

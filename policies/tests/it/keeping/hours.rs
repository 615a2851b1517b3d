//! Office hours. Time zero is a Monday at midnight.

use policies::params::Value;
use sim_core::model::Market;

use super::rig::{expect, fleet, job, standing, text, texts, world};

const DAY: u64 = 1440;
const EIGHT: u64 = 8 * 60;

#[test]
fn at_night_jobs_wait_idle_machines_go_and_busy_ones_after_their_last_job() {
    let buy = [("idle", text("never"))];
    let hours = [("fleets", texts(&["dev"]))];
    let friday = 4 * DAY;
    let jobs = [
        job(420, 60),
        // At 18:30, and, on a machine of its own, at 18:50; at 19:10 it is too late for another.
        job(1110, 60),
        job(1130, 5),
        job(1150, 5),
        job(friday + 1200, 5),
    ];
    expect(
        world(vec![fleet("dev", Market::OnDemand, 1, 4)]),
        &jobs,
        &[("buy", "queue-depth", &buy), ("hours", "office", &hours)],
        &[
            "480 node 0 is ready",
            "480 job 0 starts on 0",
            "540 job 0 ends",
            "1110 job 1 starts on 0",
            "1130 node 1 is ready",
            "1130 job 2 starts on 1",
            "1135 job 2 ends",
            "1140 node 0 drains",
            "1140 node 1 is released",
            "1170 job 1 ends",
            "1170 node 0 is released",
            &format!("{} node 0 is ready", DAY + EIGHT),
            &format!("{} job 3 starts on 0", DAY + EIGHT),
            &format!("{} job 3 ends", DAY + EIGHT + 5),
            &format!("{} node 0 is released", DAY + 1140),
            &format!("{} node 0 is ready", 7 * DAY + EIGHT),
            &format!("{} job 4 starts on 0", 7 * DAY + EIGHT),
            &format!("{} job 4 ends", 7 * DAY + EIGHT + 5),
        ],
    );
}

#[test]
fn what_may_not_be_given_back_is_not_started_on() {
    let fleets = vec![standing("dev", 1, 1), standing("shop", 1, 1)];
    let hours = [("fleets", texts(&["dev"])), ("drain", Value::Flag(false))];
    expect(
        world(fleets),
        &[job(0, 10), job(0, 10), job(EIGHT + 1, 10)],
        &[("hours", "office", &hours)],
        &[
            "0 node 0 is ready",
            "0 node 1 is ready",
            "0 job 0 starts on 1",
            "10 job 0 ends",
            "10 job 1 starts on 1",
            "20 job 1 ends",
            "481 job 2 starts on 0",
            "491 job 2 ends",
        ],
    );
}

#[test]
fn in_the_morning_machines_are_there_again_over_midnight_too() {
    let hours = [
        ("morning", Value::Integer(2)),
        ("open", text("22:00")),
        ("close", text("06:00")),
        ("days", texts(&["mon", "wed"])),
    ];
    let tuesday_noon = DAY + 720;
    expect(
        world(vec![fleet("batch", Market::Spot, 1, 4)]),
        &[job(0, 10), job(tuesday_noon, 10)],
        &[("hours", "office", &hours)],
        &[
            "1320 node 0 is ready",
            "1320 node 1 is ready",
            "1320 job 0 starts on 0",
            "1330 job 0 ends",
            &format!("{} node 0 is released", DAY + 360),
            &format!("{} node 1 is released", DAY + 360),
            &format!("{} node 0 is ready", 2 * DAY + 1320),
            &format!("{} node 1 is ready", 2 * DAY + 1320),
            &format!("{} job 1 starts on 0", 2 * DAY + 1320),
            &format!("{} job 1 ends", 2 * DAY + 1330),
        ],
    );
}

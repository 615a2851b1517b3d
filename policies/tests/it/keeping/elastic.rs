//! Elastic jobs that grow, and make room.

use policies::params::Value;
use sim_core::model::{Demand, Gang, Job, Role};

use super::rig::{Part, expect, job, minutes, standing, text, world};

/// Two to four tasks of a GPU; at full size it takes as long as it says.
fn elastic(arrival: u64, length: u64) -> Job {
    let mut elastic = job(arrival, length);
    elastic.gang = Gang::One(Role {
        least: 2,
        ..Role::rigid(4, Demand::gpus(1))
    });
    elastic
}

fn pair(arrival: u64, length: u64) -> Job {
    let mut pair = job(arrival, length);
    pair.gang = Gang::of(1, 2);
    pair
}

const GROW: Part<'_> = ("scale", "grow", &[]);

/// Half of its sixty minutes' work is worth 120 at half speed: after 30 minutes 45 are left at full speed, and one is paid.
#[test]
fn a_job_grows_when_room_appears_if_that_pays() {
    let grows = |reseat: u64| {
        let mut world = world(vec![standing("f", 4, 1)]);
        world.classes[0].checkpoint.reseat = minutes(reseat);
        let jobs = [pair(0, 30), elastic(0, 60)];
        super::rig::fly(world, &jobs, &[GROW]).0.lines
    };
    let mut lines = vec![
        "0 node 0 is ready",
        "0 job 0 starts on 0",
        "0 job 1 starts on 0",
        "30 job 0 ends",
        "30 job 1 has 4 tasks",
        "76 job 1 ends",
    ];
    assert_eq!(grows(1), lines);
    // By its estimate 30 minutes are left, of which twice the tasks would save 15.
    lines.truncate(4);
    lines.push("120 job 1 ends");
    assert_eq!(grows(15), lines);
}

#[test]
fn a_job_grows_no_more_often_than_it_is_told_to() {
    let every = [("every", text("40m"))];
    expect(
        world(vec![standing("f", 4, 1)]),
        &[pair(0, 30), elastic(0, 60)],
        &[("scale", "grow", &every)],
        &[
            "0 node 0 is ready",
            "0 job 0 starts on 0",
            "0 job 1 starts on 0",
            "30 job 0 ends",
            "40 job 1 has 4 tasks",
            "80 job 1 ends",
        ],
    );
}

#[test]
fn a_job_makes_room_for_one_that_waits_if_it_is_told_to() {
    let jobs = [elastic(0, 60), pair(20, 10)];
    let yields = [("yield", Value::Flag(true))];
    expect(
        world(vec![standing("f", 4, 1)]),
        &jobs,
        &[("scale", "grow", &yields)],
        &[
            "0 node 0 is ready",
            "0 job 0 starts on 0",
            "20 job 0 has 2 tasks",
            "20 job 1 starts on 0",
            "30 job 1 ends",
            "30 job 0 has 4 tasks",
            "65 job 0 ends",
        ],
    );
    expect(
        world(vec![standing("f", 4, 1)]),
        &jobs,
        &[GROW],
        &[
            "0 node 0 is ready",
            "0 job 0 starts on 0",
            "60 job 0 ends",
            "60 job 1 starts on 0",
            "70 job 1 ends",
        ],
    );
}

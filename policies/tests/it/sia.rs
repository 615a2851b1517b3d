//! Sia's rounds by hand: configurations as they are told, and room for them.

use std::collections::BTreeMap;

use policies::sia::{PUBLISHED_PENALTIES, Replay, Sia, Told, Ways};
use sim_core::engine::Policy;
use sim_core::model::{Gang, Job, Market};
use sim_core::units::ModelId;

use crate::contract::rig;
use crate::plain::{at, fleet, job, span, standing, world};

/// From when to when each attempt ran on so many nodes of 8 GPUs.
fn attempts(
    nodes: u32,
    jobs: &[Job],
    policy: impl Policy + Send + 'static,
) -> Vec<(u32, f64, f64)> {
    let world = world(vec![standing(fleet(Market::Owned, 8, nodes))]);
    rig::attempts(&world, jobs, Box::new(policy))
}

/// A job, and how many GPUs it has on each of its nodes.
type Lies<'a> = (u32, &'a [u32]);

fn told(rounds: &[(u64, &[Lies<'_>])]) -> Replay {
    let row = |(job, counts): &Lies<'_>| -> Told { (*job, ModelId(0), counts.to_vec()) };
    let rounds = rounds
        .iter()
        .map(|(secs, rows)| (at(*secs), rows.iter().map(row).collect()));
    Replay::new(span(60), rounds.collect::<BTreeMap<_, Vec<Told>>>())
}

/// A whole node is wanted, and the free GPUs lie on two: one of those who stay moves, and nobody is stopped.
#[test]
fn those_who_stay_move_together_for_a_gang_that_needs_a_node() {
    let gang = |tasks| Gang::of(tasks, 1);
    let jobs = [
        job(0, gang(8), 240),
        job(0, gang(4), 240),
        job(0, gang(4), 60),
        job(0, gang(4), 240),
        job(1, gang(8), 30),
    ];
    let policy = told(&[
        (60, &[(0, &[8]), (1, &[4]), (2, &[4]), (3, &[4])]),
        (120, &[(0, &[8]), (1, &[4]), (3, &[4]), (4, &[8])]),
    ]);
    let ran = attempts(3, &jobs, policy);
    assert_eq!(
        ran,
        [
            (2, 60.0, 120.0),
            (4, 120.0, 150.0),
            (0, 60.0, 300.0),
            (1, 60.0, 300.0),
            (3, 60.0, 300.0)
        ]
    );
}

/// Of whom nothing is told any more goes on; who is told to wait stops.
#[test]
fn who_is_told_to_wait_stops_and_who_is_not_told_of_goes_on() {
    let jobs = [job(0, Gang::of(2, 1), 200), job(0, Gang::of(2, 1), 100)];
    let policy = told(&[
        (60, &[(0, &[2]), (1, &[2])]),
        (120, &[(1, &[])]),
        (180, &[(1, &[2])]),
    ]);
    let ran = attempts(1, &jobs, policy);
    assert_eq!(ran, [(1, 60.0, 120.0), (1, 180.0, 220.0), (0, 60.0, 260.0)]);
}

/// Jobs of fixed size start at the first round after they came, as many as fit, and the rest once there is room.
#[test]
fn jobs_of_fixed_size_take_turns_in_rounds() {
    let jobs = [
        job(10, Gang::of(1, 8), 90),
        job(20, Gang::of(1, 8), 90),
        job(70, Gang::of(1, 8), 30),
    ];
    let policy = Sia::new(Ways {
        round: span(60),
        power: -0.5,
        idle: 1.1,
        most_gpus: 64,
        penalties: PUBLISHED_PENALTIES,
    });
    let ran = attempts(2, &jobs, policy);
    let starts: Vec<(u32, f64)> = ran.iter().map(|(job, from, _)| (*job, *from)).collect();
    assert_eq!(starts, [(0, 60.0), (1, 60.0), (2, 180.0)], "{ran:?}");
}

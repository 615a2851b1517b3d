//! Thousands of random scenarios under every animal of the zoo, held against the auditor and the
//! naive simulator.

use std::sync::Arc;

use sim_core::engine::{Finish, Grants, Step};
use sim_core::swarm::scenario;
use sim_core::world::draw::Stream;

use crate::rig::{check, engine, watch};
use crate::zoo::Animal;

/// Scenarios of each test below; `windtunnel selftest` flies as many more as there is time for.
const SCENARIOS: u64 = 1_500;

fn sweep(seeds: std::ops::Range<u64>) {
    let (mut facts, mut runs) = (0_u64, 0_u32);
    for seed in seeds {
        let (world, jobs) = scenario(seed);
        let world = Arc::new(world);
        for animal in Animal::all(seed) {
            let seen = check(&format!("seed {seed}, {animal:?}"), &world, &jobs, &animal);
            facts += seen.report.facts;
            runs += 1;
        }
    }
    eprintln!("{runs} runs, {facts} facts");
}

#[test]
fn the_engine_agrees_with_auditor_and_naive_simulator_on_even_thousands() {
    sweep(0..SCENARIOS);
}

#[test]
fn the_engine_agrees_with_auditor_and_naive_simulator_on_odd_thousands() {
    sweep(1_000_000..1_000_000 + SCENARIOS);
}

#[test]
fn the_swarm_reaches_every_kind_of_fact_and_every_way_to_finish() {
    let kinds = [
        "arrives",
        "starts, works",
        "interrupted (Policy)",
        "interrupted (Reclaim)",
        "interrupted (Notice)",
        "interrupted (Failure)",
        "is reseated",
        "writes a checkpoint after",
        "had better be left",
        "does not come up",
        "fails, repaired at",
        "fails for good",
        "is repaired",
        "a shock hits",
        "ends: Completed",
        "ends: Rejected",
        "ends: Unfinished",
        "granted",
        "boots",
        "is ready",
        "drains",
        "will be reclaimed",
        "is reclaimed",
        "is released",
        "costs",
        "has",
    ];
    let (mut seen, mut finishes) = ([0; 26], Vec::new());
    for seed in 0..600 {
        let (world, jobs) = scenario(seed);
        let run = watch(&Arc::new(world), &jobs, Animal::Monkey(seed).policy());
        for (_, line) in &run.transcript.lines {
            for (count, kind) in seen.iter_mut().zip(kinds) {
                *count += u32::from(line.contains(kind));
            }
        }
        finishes.push(run.finish.unwrap());
    }
    for (count, kind) in seen.iter().zip(kinds) {
        assert!(*count > 100, "{kind}: {count}");
    }
    for finish in [Finish::Drained, Finish::Horizon, Finish::Stuck] {
        assert!(finishes.iter().filter(|seen| **seen == finish).count() > 10);
    }
}

#[test]
fn a_run_is_the_same_again_and_with_nobody_watching() {
    for seed in 0..400 {
        let (world, jobs) = scenario(seed);
        let world = Arc::new(world);
        for animal in Animal::all(seed) {
            let seen = watch(&world, &jobs, animal.policy());
            let again = watch(&world, &jobs, animal.policy());
            assert_eq!(seen.digests, again.digests, "seed {seed}, {animal:?}");
            let mut alone = engine(&world, &jobs);
            let finish = alone.run(&mut *animal.policy(), Grants::default(), &mut ());
            assert_eq!(finish, seen.finish);
            assert_eq!(seen.digests, alone.digests(), "seed {seed}, {animal:?}");
        }
    }
}

#[test]
fn going_on_from_a_snapshot_is_going_on() {
    for seed in 0..400 {
        let (world, jobs) = scenario(seed);
        let world = Arc::new(world);
        for animal in Animal::all(seed) {
            let seen = watch(&world, &jobs, animal.policy());
            let asked = seen.recording.asked.len() as u64;
            let stop = Stream::new(seed, &["stop".into()]).below(asked + 1);
            let (mut engine, mut policy) = (engine(&world, &jobs), animal.policy());
            for _ in 0..stop {
                assert_eq!(engine.advance(policy.wakes_on(), &mut ()), Ok(Step::Decide));
                let (view, mut plan) = engine.open(Grants::default());
                policy.decide(&view, &mut plan);
                engine.commit(&mut ());
            }
            let snapshot = engine.snapshot(&*policy);
            // What the original does from here on must not show in the copy.
            let finish = engine.run(&mut *policy, Grants::default(), &mut ());
            let (mut resumed, mut fork) = snapshot.resume();
            assert_eq!(resumed.run(&mut *fork, Grants::default(), &mut ()), finish);
            assert_eq!(resumed.digests(), seen.digests, "seed {seed}, {animal:?}");
            assert_eq!(engine.digests(), seen.digests, "seed {seed}, {animal:?}");
        }
    }
}

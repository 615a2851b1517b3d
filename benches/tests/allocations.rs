//! A run in its stride allocates nothing: counted over the second half of a run, per event.
//!
//! Of gangs on up to four nodes, that is: seats beyond the fourth lie on the heap, for as long as the gang runs.

use std::alloc::System;

use benches::customers::Customers;
use benches::flight::{self, Rule};
use benches::jobs::{Form, GPUS, Generator};
use policies::compose::Composed;
use sim_core::engine::{Engine, Grants, Policy, Step};
use sim_core::units::SimTime;
use sim_core::watch::{Observer, Recorder, Recording};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const JOBS: u32 = 100_000;
const NODES: u32 = 100;

/// Jobs on one node each, and a queue of single tasks.
fn engines() -> [(&'static str, Engine); 2] {
    let jobs = Generator::new(JOBS, NODES, 0.9, Form::OneNode);
    let customers = Customers::new(JOBS, NODES);
    [
        (
            "jobs",
            Engine::new(flight::world(NODES, GPUS), Box::new(jobs)),
        ),
        (
            "customers",
            Engine::new(flight::world(2, 50), Box::new(customers)),
        ),
    ]
}

/// Flies until so many jobs have arrived.
fn fly_until(engine: &mut Engine, policy: &mut Composed, arrived: u32, watch: &mut dyn Observer) {
    while engine.counters().arrived < arrived {
        let step = engine.advance(policy.wakes_on(), watch);
        if step != Ok(Step::Decide) {
            break;
        }
        let (view, mut plan) = engine.open(Grants::default());
        policy.decide(&view, &mut plan);
        engine.commit(watch);
    }
}

/// Allocations an event over the second half of the jobs, by the thousand.
fn allocations(engine: &mut Engine, rule: Rule, watch: &mut dyn Observer) -> f64 {
    let mut policy = flight::policy(rule);
    fly_until(engine, &mut policy, JOBS / 2, watch);
    let (before, region) = (engine.counters().events, Region::new(HEAP));
    fly_until(engine, &mut policy, JOBS, watch);
    let taken = region.change();
    let events = u32::try_from(engine.counters().events - before).expect("few events");
    let taken = u32::try_from(taken.allocations + taken.reallocations).expect("few allocations");
    f64::from(taken) / f64::from(events)
}

#[test]
fn a_run_in_its_stride_allocates_nothing_per_event() {
    for rule in [Rule::Fifo, Rule::Easy, Rule::Skip] {
        for (name, mut engine) in engines() {
            let found = allocations(&mut engine, rule, &mut ());
            assert!(found <= 0.001, "{name}, {rule:?}: {found} an event");
        }
        for (name, mut engine) in engines() {
            let mut recorder = Recorder::new(engine.world(), recording());
            let found = allocations(&mut engine, rule, &mut recorder);
            assert!(
                found <= 0.001,
                "{name}, {rule:?}, recorded: {found} an event"
            );
        }
    }
}

fn recording() -> Recording {
    Recording {
        warmup: SimTime::ZERO,
        sample: None,
        stays: 0,
        attribute: false,
        balance: None,
    }
}

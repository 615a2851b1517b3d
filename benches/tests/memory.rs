//! A job that has finished leaves little behind: its row in the record.

use std::alloc::System;

use benches::flight::{self, Rule};
use benches::jobs::{Form, GPUS, Generator};
use sim_core::engine::{Engine, Finish, Grants};
use sim_core::units::SimTime;
use sim_core::watch::{Recorder, Recording};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const NODES: u32 = 100;

/// What is on the heap at the end of a run of so many jobs, which is when it is most: nothing that a run takes shrinks.
fn heap(jobs: u32) -> usize {
    let region = Region::new(HEAP);
    let arrivals = Generator::new(jobs, NODES, 0.85, Form::OneNode);
    let mut engine = Engine::new(flight::world(NODES, GPUS), Box::new(arrivals));
    let recording = Recording {
        warmup: SimTime::ZERO,
        sample: None,
        stays: 0,
        attribute: false,
        balance: None,
    };
    let mut recorder = Recorder::new(engine.world(), recording);
    let finish = engine.run(
        &mut flight::policy(Rule::Fifo),
        Grants::default(),
        &mut recorder,
    );
    assert!(finish == Ok(Finish::Drained), "all jobs end");
    let held = region.change();
    let record = recorder.finish(engine.now());
    assert!(record.rows.len() == usize::try_from(jobs).expect("32 bits fit"));
    held.bytes_allocated - held.bytes_deallocated
}

#[test]
fn a_finished_job_costs_at_most_a_hundred_bytes() {
    let (few, many) = (heap(100_000), heap(1_000_000));
    let each = (many - few) / 900_000;
    assert!(each <= 100, "{each} bytes a job: {few}, then {many}");
}

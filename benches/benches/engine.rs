//! What the parts of the engine cost: the pending set, what is free, a snapshot.

use std::hint::black_box;

use benches::flight::{self, Rule};
use benches::hand::Indexed;
use benches::jobs::{Form, GPUS, Generator};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use policies::place::{BestFit, Place};
use sim_core::engine::bench_support::Timers;
use sim_core::engine::{Engine, Forecast, Grants, Policy, Step};
use sim_core::model::{Gang, ModelSet, Role, Seat};
use sim_core::units::{NodeId, SimTime, Span};
use sim_core::world::draw::{Part, Stream};

criterion_group!(parts, hold, cancel, capacity, snapshot);
criterion_main!(parts);

/// Increments of time, drawn beforehand: exponential, of a mean of an hour.
struct Increments {
    table: Vec<u64>,
    at: usize,
}

impl Increments {
    fn new() -> Self {
        let mut luck = Stream::new(4, &[Part::Name("increments")]);
        let mut draw = || luck.exponential_span(Span::from_secs(3600)).us();
        Self {
            table: (0..1 << 16).map(|_| draw()).collect(),
            at: 0,
        }
    }

    fn next(&mut self) -> u64 {
        self.at = (self.at + 1) % self.table.len();
        self.table[self.at]
    }
}

fn at(us: u64) -> SimTime {
    SimTime::from_us(us).expect("a bench is shorter than a century")
}

/// The hold model: take the earliest, put it back later; so many are pending.
fn hold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hold");
    for pending in [1_000_u32, 100_000, 1_000_000] {
        let mut increments = Increments::new();
        let mut timers = Timers::new(usize::try_from(pending).expect("32 bits fit"));
        (0..pending).for_each(|entity| timers.set(entity, at(increments.next())));
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("lazy", pending), |bencher| {
            bencher.iter(|| {
                let (now, entity) = timers.ring().expect("it never empties");
                timers.set(entity, at(now.us() + increments.next()));
            });
        });
        let mut timers = Indexed::new(usize::try_from(pending).expect("32 bits fit"));
        (0..pending).for_each(|entity| timers.set(entity, increments.next()));
        group.bench_function(BenchmarkId::new("indexed", pending), |bencher| {
            bencher.iter(|| {
                let (now, entity) = timers.ring().expect("it never empties");
                timers.set(entity, now + increments.next());
            });
        });
    }
    group.finish();
}

const WORKERS: u32 = 100_000;
const TIMEOUT_US: u64 = 3_600_000_000 * 10;

/// Work with a timeout far away: a step takes the earliest end of work and begins another piece; every so many steps the
/// timeout is cancelled and set anew.
fn cancel(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cancel");
    let entities = usize::try_from(2 * WORKERS).expect("32 bits fit");
    for every in [1_u64, 10, 100] {
        let (mut increments, mut timers) = (Increments::new(), Timers::new(entities));
        for entity in 0..WORKERS {
            timers.set(entity, at(increments.next()));
            timers.set(WORKERS + entity, at(TIMEOUT_US + increments.next()));
        }
        let mut step = 0;
        group.bench_function(BenchmarkId::new("lazy", every), |bencher| {
            bencher.iter(|| {
                let (now, entity) = timers.ring().expect("it never empties");
                step += 1;
                if entity >= WORKERS {
                    timers.set(entity, at(now.us() + TIMEOUT_US));
                    return;
                }
                if step % every == 0 {
                    timers.cancel(WORKERS + entity);
                    timers.set(WORKERS + entity, at(now.us() + TIMEOUT_US));
                }
                timers.set(entity, at(now.us() + increments.next()));
            });
        });
        let (mut increments, mut timers) = (Increments::new(), Indexed::new(entities));
        for entity in 0..WORKERS {
            timers.set(entity, increments.next());
            timers.set(WORKERS + entity, TIMEOUT_US + increments.next());
        }
        let mut step = 0;
        group.bench_function(BenchmarkId::new("indexed", every), |bencher| {
            bencher.iter(|| {
                let (now, entity) = timers.ring().expect("it never empties");
                step += 1;
                if entity >= WORKERS {
                    timers.set(entity, now + TIMEOUT_US);
                    return;
                }
                if step % every == 0 {
                    timers.cancel(WORKERS + entity);
                    timers.set(WORKERS + entity, now + TIMEOUT_US);
                }
                timers.set(entity, now + increments.next());
            });
        });
    }
    group.finish();
}

/// An engine that has flown so many jobs at a load.
fn flown(nodes: u32, load: f64, jobs: u32) -> (Engine, impl Policy) {
    let arrivals = Generator::new(u32::MAX, nodes, load, Form::OneNode);
    let mut engine = Engine::new(flight::world(nodes, GPUS), Box::new(arrivals));
    let mut policy = flight::policy(Rule::Fifo);
    while engine.counters().arrived < jobs {
        let step = engine.advance(policy.wakes_on(), &mut ());
        assert!(step == Ok(Step::Decide), "jobs never end");
        let (view, mut plan) = engine.open(Grants::default());
        policy.decide(&view, &mut plan);
        engine.commit(&mut ());
    }
    (engine, policy)
}

/// What is free: taking and giving back two GPUs, and finding the best fit for them.
fn capacity(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("capacity");
    for nodes in [100, 10_000] {
        let (mut engine, _) = flown(nodes, 0.85, 4 * nodes);
        let forecast: Forecast = engine.open(Grants::default()).1.forecast();
        let gang = Gang::of(1, 2);
        let [role]: [Role; 1] = gang.roles().try_into().expect("one role");
        let best = |forecast: &Forecast| BestFit.lay(forecast.capacity(), &role, ModelSet::ANY);
        group.bench_function(BenchmarkId::new("best_fit", nodes), |bencher| {
            bencher.iter(|| best(&forecast));
        });
        let node = best(&forecast).expect("the fleet is not full")[0].node;
        group.bench_function(BenchmarkId::new("take_and_give", nodes), |bencher| {
            bencher.iter_batched_ref(
                || forecast.clone(),
                |forecast| take_and_give(forecast, &gang, node),
                criterion::BatchSize::NumIterations(10_000),
            );
        });
    }
    group.finish();
}

fn take_and_give(forecast: &mut Forecast, gang: &Gang, node: NodeId) {
    let seat = Seat::anywhere(node, 0, 1);
    let granted = forecast.start(gang, &[seat]).expect("it is free");
    forecast.stop(gang, &granted);
}

/// A snapshot of a run with 100 live jobs on 100 nodes: engine, policy, digests.
fn snapshot(criterion: &mut Criterion) {
    let (mut engine, mut policy) = flown(100, 0.31, 10_000);
    while engine.live() != 100 {
        let step = engine.advance(policy.wakes_on(), &mut ());
        assert!(step == Ok(Step::Decide), "jobs never end");
        let (view, mut plan) = engine.open(Grants::default());
        policy.decide(&view, &mut plan);
        engine.commit(&mut ());
    }
    criterion.bench_function("snapshot of 100 live jobs", |bencher| {
        bencher.iter(|| black_box(engine.snapshot(&policy)));
    });
}

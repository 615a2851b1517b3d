//! A trace of events, in the format that Chrome defined and Perfetto shows: a process a fleet, a thread a GPU, a slice an attempt.
//!
//! Where several jobs share a GPU they have threads of their own, since slices of a thread must lie within each other. Machines that
//! the provider took are instants, prices and queues are counters. One microsecond of the run is one of the trace. A slice says how
//! its attempt stopped: one that was `running` was so when the run ended.

use serde_json::{Value, json};
use sim_core::engine::Capacity;
use sim_core::units::{NodeId, OfferingId, SimTime, convert};
use sim_core::watch::Stay;

use super::numbers::Numbers;
use crate::build::{Experiment, Jobs};
use crate::experiment::flight::Flight;
use crate::experiment::{job_name, words};

/// The process of what is of no fleet alone.
const CLUSTER: usize = 1;

/// The trace of a flight whose stays and samples are kept.
pub fn perfetto(experiment: &Experiment, flight: &Flight, jobs: &Jobs) -> Vec<u8> {
    let lanes = Lanes::of(experiment, flight);
    let mut events = lanes.names(experiment);
    events.extend(slices(experiment, (flight, jobs), &lanes));
    events.extend(reclaims(flight, &lanes));
    events.extend(counters(flight));
    events.extend(prices(experiment, flight));
    let head = json!({
        "tool": concat!("windtunnel ", env!("CARGO_PKG_VERSION")),
        "scenario": experiment.loaded.scenario.name.value,
        "policy": experiment.contenders[flight.contender].name,
        "seed": flight.seed,
    });
    // A line an event: a trace of a million can be looked at with the tools for lines.
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let text = format!(
        "{{\"displayTimeUnit\":\"ms\",\"otherData\":{head},\"traceEvents\":[\n{}\n]}}\n",
        lines.join(",\n")
    );
    text.into_bytes()
}

/// Where slices go: for each attempt and GPU the lane of that GPU, so that no two of a lane overlap.
struct Lanes<'a> {
    capacity: Capacity,
    numbers: Numbers,
    /// By attempt, as they started: its GPUs with their lanes.
    placed: Vec<(&'a Stay, Vec<Place>)>,
    /// By number of a GPU: how many lanes, and the first of them.
    threads: Vec<(usize, usize)>,
}

/// A GPU of a slot, by number, and one of its lanes.
#[derive(Clone, Copy)]
struct Place {
    node: NodeId,
    gpu: u32,
    lane: usize,
}

impl<'a> Lanes<'a> {
    fn of(experiment: &Experiment, flight: &'a Flight) -> Self {
        let numbers = Numbers::of(&experiment.world);
        let mut stays: Vec<&Stay> = flight.record.stays.iter().collect();
        stays.sort_by_key(|stay| (stay.start, stay.stop, stay.job));
        let gpus = convert::index(numbers.count());
        // By GPU: until when each of its lanes is taken.
        let mut taken: Vec<Vec<SimTime>> = vec![Vec::new(); gpus];
        let mut placed = Vec::with_capacity(stays.len());
        for stay in stays {
            let mut places = Vec::new();
            for seat in &stay.seats {
                for gpu in numbers.seat(seat) {
                    let lanes = &mut taken[convert::index(gpu)];
                    let free = lanes.iter().position(|until| *until <= stay.start);
                    let lane = free.unwrap_or(lanes.len());
                    lanes.resize(lanes.len().max(lane + 1), stay.stop);
                    lanes[lane] = stay.stop;
                    let node = seat.node;
                    places.push(Place { node, gpu, lane });
                }
            }
            placed.push((stay, places));
        }
        let mut next = 1;
        let threads = taken.iter().map(|lanes| {
            let first = next;
            next += lanes.len().max(1);
            (lanes.len(), first)
        });
        Self {
            capacity: Capacity::of(&experiment.world),
            threads: threads.collect(),
            numbers,
            placed,
        }
    }

    /// The process of a slot.
    fn process(&self, node: NodeId) -> usize {
        process(self.capacity.offering_of(node))
    }

    /// Names of processes, and of the threads that have slices.
    fn names(&self, experiment: &Experiment) -> Vec<Value> {
        let name = |kind: &str, (pid, tid): (usize, usize), name: &str| json!({ "ph": "M", "name": kind, "pid": pid, "tid": tid, "args": { "name": name } });
        let mut events = vec![name("process_name", (CLUSTER, 0), "cluster")];
        let offerings = experiment.world.offerings.iter().enumerate();
        let mut node = 0;
        for (at, offering) in offerings {
            let pid = CLUSTER + 1 + at;
            events.push(name("process_name", (pid, 0), &offering.name));
            for slot in 0..offering.max {
                let first = self.numbers.first(node);
                node += 1;
                for gpu in 0..offering.shape.gpus.max(1) {
                    let (lanes, thread) = self.threads[convert::index(first + gpu)];
                    for lane in 0..lanes {
                        let what = match offering.shape.gpus {
                            0 => format!("{slot}"),
                            _ => format!("{slot} / GPU {gpu}"),
                        };
                        let shared = if lane > 0 {
                            format!(", lane {lane}")
                        } else {
                            String::new()
                        };
                        let thread = (pid, thread + lane);
                        events.push(name("thread_name", thread, &format!("{what}{shared}")));
                    }
                }
            }
        }
        events
    }
}

fn process(offering: OfferingId) -> usize {
    CLUSTER + 1 + offering.index()
}

/// A slice for each attempt and GPU, and within it one for the time before it worked.
fn slices(
    experiment: &Experiment,
    (flight, jobs): (&Flight, &Jobs),
    lanes: &Lanes<'_>,
) -> Vec<Value> {
    let mut events = Vec::new();
    for (stay, places) in &lanes.placed {
        let class = flight.record.row(stay.job).class.index();
        let kind = &experiment.world.classes[class].name;
        let name = job_name(experiment, flight, jobs, stay.job);
        for place in places {
            let (_, first) = lanes.threads[convert::index(place.gpu)];
            let (pid, tid) = (lanes.process(place.node), first + place.lane);
            let slice = |name: &str, from: SimTime, until: SimTime| {
                json!({
                    "ph": "X", "name": name, "cat": kind, "pid": pid, "tid": tid,
                    "ts": from.us(), "dur": until.since(from).us(),
                    "args": { "job": stay.job, "workload": kind, "stopped": words::stop(stay.how) },
                })
            };
            events.push(slice(&name, stay.start, stay.stop));
            let works = stay.works.min(stay.stop);
            if works > stay.start {
                events.push(slice("set up", stay.start, works));
            }
        }
    }
    events
}

/// An instant for each machine that was taken, on the first GPU of its slot.
fn reclaims(flight: &Flight, lanes: &Lanes<'_>) -> Vec<Value> {
    let machines = flight.record.machines.iter();
    let taken = machines.filter(|machine| machine.reclaimed);
    let event = |machine: &sim_core::watch::Machine| {
        let gpu = lanes.numbers.first(machine.node.index());
        let (_, thread) = lanes.threads[convert::index(gpu)];
        Some(json!({
            "ph": "i", "s": "t", "name": "reclaimed", "cat": "machine",
            "pid": process(machine.offering), "tid": thread, "ts": machine.gone.get()?.us(),
            "args": { "node": machine.node.0, "launch": machine.launch },
        }))
    };
    taken.filter_map(event).collect()
}

/// Counters of the cluster.
fn counters(flight: &Flight) -> Vec<Value> {
    let thousandths = |milli: u64| convert::real(milli) / 1000.0;
    let mut events = Vec::new();
    for sample in &flight.record.samples {
        let used = thousandths(sample.used_milli);
        let idle = thousandths(sample.gpu_milli.saturating_sub(sample.used_milli));
        let share = if sample.gpu_milli == 0 {
            0.0
        } else {
            100.0 * convert::real(sample.used_milli) / convert::real(sample.gpu_milli)
        };
        let values = [
            ("jobs that wait", json!({ "jobs": sample.waiting })),
            ("GPUs", json!({ "held by jobs": used, "idle": idle })),
            ("utilization", json!({ "%": share })),
        ];
        for (name, args) in values {
            events.push(json!({ "ph": "C", "name": name, "pid": CLUSTER, "tid": 0, "ts": sample.at.us(), "args": args }));
        }
    }
    events
}

/// A counter for each fleet whose price moves.
fn prices(experiment: &Experiment, flight: &Flight) -> Vec<Value> {
    let mut events = Vec::new();
    for (at, offering) in experiment.world.offerings.iter().enumerate() {
        let steps = offering.price.steps().iter();
        let steps: Vec<_> = steps
            .take_while(|(at, _)| *at <= flight.record.end)
            .collect();
        if steps.len() < 2 {
            continue;
        }
        for (from, price) in steps {
            let dollars = convert::real(price.nanousd_h()) / 1e9;
            let pid = CLUSTER + 1 + at;
            events.push(json!({ "ph": "C", "name": "price", "pid": pid, "tid": 0, "ts": from.us(), "args": { "USD an hour": dollars } }));
        }
    }
    events
}

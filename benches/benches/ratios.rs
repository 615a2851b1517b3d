//! What the engine costs beside loops written by hand, per job and as a ratio, over jobs and nodes. Both sides are timed in
//! turns; the table comes at the end, and lies in `target/ratios.csv` as well.
//!
//! `cargo bench -p benches --bench ratios -- easy` flies the subjects whose name holds `easy`.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use benches::customers::Customers;
use benches::flight::{self, Rule};
use benches::hand;
use benches::jobs::{self, Form, GPUS};
use benches::table::{self, Pair, Row, Subject};
use sim_core::model::Job;
use sim_core::world::Trace;

/// Jobs flown, and how often.
const JOBS: [(u32, usize); 3] = [(10_000, 15), (100_000, 7), (1_000_000, 3)];
const NODES: [u32; 3] = [100, 1_000, 10_000];

/// Share of the fleet that the jobs keep busy.
const LOAD: f64 = 0.85;

/// Servers of M/M/c that are GPUs of one node.
const SERVERS: u32 = 50;

/// A subject and how it is flown.
type Flight = (Subject, fn(u32, u32, usize) -> Pair);

const FLIGHTS: [Flight; 5] = [
    (promised("fifo", 8.0), |count, nodes, rounds| {
        replay(Rule::Fifo, Form::Scattered, count, nodes, rounds)
    }),
    (promised("easy", 6.0), |count, nodes, rounds| {
        replay(Rule::Easy, Form::Scattered, count, nodes, rounds)
    }),
    (promised("mmc", 3.0), queue),
    (open("fifo one-node"), |count, nodes, rounds| {
        replay(Rule::Fifo, Form::OneNode, count, nodes, rounds)
    }),
    (open("easy one-node"), |count, nodes, rounds| {
        replay(Rule::Easy, Form::OneNode, count, nodes, rounds)
    }),
];

const fn promised(name: &'static str, target: f64) -> Subject {
    Subject {
        name,
        target: Some(target),
    }
}

const fn open(name: &'static str) -> Subject {
    Subject { name, target: None }
}

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part));
    let mut rows = Vec::new();
    for (subject, fly) in FLIGHTS
        .iter()
        .filter(|(subject, _)| is_wanted(subject.name))
    {
        for nodes in NODES {
            for (jobs, rounds) in JOBS {
                eprintln!("{}: {jobs} jobs, {nodes} nodes", subject.name);
                rows.push(Row {
                    subject: *subject,
                    jobs,
                    nodes,
                    pair: fly(jobs, nodes, rounds),
                });
            }
        }
    }
    if rows.is_empty() {
        return;
    }
    println!("{}", table::text(&rows));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ratios.csv");
    std::fs::write(&path, table::csv(&rows)).expect("the target folder takes a file");
}

/// A replay of jobs against the loop on counts.
fn replay(rule: Rule, form: Form, count: u32, nodes: u32, rounds: usize) -> Pair {
    let list: Arc<[Job]> = jobs::jobs(count, nodes, LOAD, form);
    let (counts, world) = (jobs::counts(&list), flight::world(nodes, GPUS));
    let by_hand = match rule {
        Rule::Fifo => hand::fifo,
        Rule::Easy => hand::easy,
        Rule::Skip => unreachable!("no loop was written for it"),
    };
    table::in_turns(
        rounds,
        || {
            let trace = Box::new(Trace::new(Arc::clone(&list)));
            black_box(flight::fly(&world, trace, rule, &mut ()));
        },
        || {
            black_box(by_hand(&counts, nodes * GPUS));
        },
    )
}

/// M/M/c: as many servers as nodes elsewhere, as GPUs on nodes of [`SERVERS`]; both sides draw their customers as they go.
fn queue(count: u32, servers: u32, rounds: usize) -> Pair {
    let world = flight::world(servers / SERVERS, SERVERS);
    table::in_turns(
        rounds,
        || {
            let customers = Box::new(Customers::new(count, servers));
            black_box(flight::fly(&world, customers, Rule::Fifo, &mut ()));
        },
        || {
            black_box(hand::mmc(Customers::new(count, servers), servers));
        },
    )
}

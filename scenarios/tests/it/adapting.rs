//! Policies over jobs that adapt, through whole scenarios: what Pollux keeps to in every flight, and how it fares beside Sia.

use std::collections::BTreeMap;
use std::path::Path;

use scenarios::build::{Experiment, known};
use scenarios::schema::{DataRoots, parse};
use sim_core::engine::Engine;
use sim_core::model::{Gang, Seat};
use sim_core::units::{JobId, NodeId, SimTime};
use sim_core::watch::{Fact, Observer, Outcome};
use sim_core::world::Trace;

fn experiment(text: &str, roots: &DataRoots) -> Experiment {
    let place: (&Path, &DataRoots) = (Path::new("."), roots);
    let scenario = parse("x.toml", text.as_bytes(), place, &known);
    let scenario = scenario.unwrap_or_else(|rejection| panic!("{}", rejection.lines()));
    Experiment::build(scenario).expect("a sound scenario")
}

/// What jobs hold, and held at most, and how long they took.
#[derive(Default)]
struct Log {
    adapts: BTreeMap<JobId, bool>,
    arrived: BTreeMap<JobId, SimTime>,
    held: BTreeMap<JobId, Vec<(NodeId, u32)>>,
    most: BTreeMap<JobId, u32>,
    took_s: BTreeMap<JobId, f64>,
    /// Starts of jobs that adapt, on more than one GPU.
    grown: u32,
    /// Starts across nodes on which others lie across nodes already.
    crowded: u32,
    starts: u32,
}

impl Observer for Log {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Arrived {
            job,
            spec,
            set: None,
        } = fact
        {
            let elastic = matches!(&spec.gang, Gang::One(role) if role.least < role.tasks);
            self.adapts.insert(*job, elastic);
            self.arrived.insert(*job, now);
        }
        if let Fact::Started { job, seats, .. } = fact {
            self.start(*job, seats);
        }
        if let Fact::Interrupted { job, .. } | Fact::Ended { job, .. } = fact {
            self.held.remove(job);
        }
        if let Fact::Ended {
            job,
            outcome: Outcome::Completed,
            ..
        } = fact
        {
            let us = u32::try_from(now.since(self.arrived[job]).us() / 1_000_000);
            self.took_s
                .insert(*job, f64::from(us.expect("not that long")));
        }
    }
}

impl Log {
    fn start(&mut self, job: JobId, seats: &[Seat]) {
        let mut spot: BTreeMap<NodeId, u32> = BTreeMap::new();
        for seat in seats {
            *spot.entry(seat.node).or_default() += seat.gpus.count();
        }
        let spot: Vec<(NodeId, u32)> = spot.into_iter().collect();
        let gpus: u32 = spot.iter().map(|(_, gpus)| *gpus).sum();
        let most = self.most.entry(job).or_default();
        if self.adapts[&job] {
            assert!(gpus <= (2 * *most).max(1), "{job:?}: {gpus} after {most}");
            self.grown += u32::from(gpus > 1);
        }
        *most = gpus.max(*most);
        let wide = self.held.values().filter(|other| other.len() > 1);
        let meets = wide
            .flatten()
            .any(|(node, _)| spot.iter().any(|(own, _)| own == node));
        self.crowded += u32::from(spot.len() > 1 && meets);
        self.starts += 1;
        self.held.insert(job, spot);
    }

    fn mean_s(&self) -> f64 {
        let count = u32::try_from(self.took_s.len()).expect("few");
        self.took_s.values().sum::<f64>() / f64::from(count)
    }
}

/// Each policy's log, by position.
fn flown(experiment: &Experiment, seed: u64) -> Vec<Log> {
    let flight = |contender: &scenarios::build::Contender| {
        let jobs = experiment.jobs(seed).expect("jobs that fit");
        let trace = Trace::new(jobs.for_policy(contender));
        let mut engine = Engine::new(jobs.world().clone(), Box::new(trace));
        let mut log = Log::default();
        let mut policy = contender.policy(seed);
        let ended = engine.run(&mut *policy, contender.grants, &mut log);
        assert!(ended.is_ok(), "{ended:?}");
        assert_eq!(engine.counters().refusals, 0, "{}", contender.name);
        log
    };
    experiment.contenders.iter().map(flight).collect()
}

const MIXED: &str = r#"
name = "mixed"
[[fleet]]
name = "fast"
instance = { name = "fast", gpus = 8, gpu = "A100" }
market = "owned"
count = 2
[[fleet]]
name = "slow"
instance = { name = "slow", gpus = 4, gpu = "T4" }
market = "owned"
count = 4
[[workload]]
name = "training"
synth = { model = "philly-2017", jobs-per-hour = 5, length = "6h" }
course = { kind = "goodput", rates = { A100 = 4.0 } }
"#;

const PAIR: &str = r#"
[[policy]]
name = "sia"
kind = "sia"
[[policy]]
name = "pollux"
kind = "pollux"
"#;

/// With ten fixed jobs across nodes beside those that adapt.
#[test]
fn nobody_more_than_doubles_and_no_two_across_nodes_meet() {
    let more = r#"
[[workload]]
name = "wide"
task-gpus = 1
checkpoint = { keep = "all", restore = "1m" }
[workload.synth]
model = "parametric"
jobs = 10
arrivals = { kind = "poisson", per-hour = 5 }
durations = { kind = "lognormal", median = "20m", sigma = 1.0 }
gangs = [{ gpus = 6, weight = 1 }, { gpus = 12, weight = 1 }]
[[policy]]
name = "apart"
kind = "pollux"
[[policy]]
name = "together"
kind = "pollux"
apart = false
"#;
    let experiment = experiment(&format!("{MIXED}{more}"), &DataRoots::default());
    let (mut grown, mut crowded) = (0, 0);
    for seed in 1..4 {
        let logs = flown(&experiment, seed);
        assert_eq!(logs[0].crowded, 0, "seed {seed}");
        grown += logs[0].grown;
        crowded += logs[1].crowded;
    }
    assert!(grown > 20, "{grown} starts on several GPUs");
    assert!(crowded > 0, "it does not happen by itself");
}

/// Sia's paper has Pollux at 1.0 hours on Philly's jobs where Sia is at 0.6 (Table 3): who tells models apart does better.
#[test]
fn on_a_mixed_cluster_sia_is_faster_than_pollux() {
    let experiment = experiment(&format!("{MIXED}{PAIR}"), &DataRoots::default());
    let (mut sia, mut pollux) = (0.0, 0.0);
    for seed in 1..4 {
        let logs = flown(&experiment, seed);
        assert_eq!(logs[0].took_s.len(), logs[1].took_s.len());
        eprintln!("{seed}: {} {}", logs[0].mean_s(), logs[1].mean_s());
        sia += logs[0].mean_s();
        pollux += logs[1].mean_s();
    }
    assert!(pollux > 1.1 * sia, "{pollux} {sia}");
}

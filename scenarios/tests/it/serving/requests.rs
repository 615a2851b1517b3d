//! Services request by request: a case by hand, and what holds of every flight.

use std::collections::BTreeSet;
use std::path::Path;

use scenarios::experiment::flight::Flight;
use scenarios::experiment::metrics::{METRICS, index};
use sim_core::engine::{Engine, Finish};
use sim_core::serve::{Completion, RequestId};
use sim_core::units::{SimTime, Span};
use sim_core::watch::{Fact, Observer};
use sim_core::world::Trace;

use super::rig::{built, flown, fly_text, of};

fn is(flight: &Flight, metric: &str, meant: f64) {
    let found = of(flight, metric);
    let near = (found - meant).abs() <= meant.abs() * 1e-3;
    assert!(near, "{metric}: {found}, not {meant}");
}

const BY_HAND: &str = r#"
name = "by-hand"
[horizon]
end = "1h"
[[fleet]]
name = "one"
instance = { gpus = 1, gpu = "A100" }
price = "$3.60"
count = 1
[[service]]
name = "shop"
requests = { format = "requests-csv", file = "requests.csv" }
serving = { kind = "batch", fixed = "2s", line = 0 }
slo = { latency = "12s" }
line = 1
[[service.replicas]]
load = "10s"
[[policy]]
name = "plain"
[output]
tables = ["services", "requests", "decisions", "bill"]
"#;

/// The replica loads for ten seconds and serves one after the other, each in two seconds: from 10 to 12, 12 to 14, and 100 to
/// 102; the second of a line of one is dropped.
#[test]
fn a_case_by_hand_comes_out_as_it_should() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let log = "arrived_s,input,output\n0,1,1\n11,2,1\n11.5,7,7\n100,3,1\n";
    std::fs::write(folder.path().join("requests.csv"), log).expect("a writable folder");
    let flight = fly_text(BY_HAND, folder.path(), 0);
    assert_eq!(flight.finish, Finish::Horizon);
    // Latencies of 12, 3 and 2 seconds; the third is one too many.
    for (metric, meant) in [
        ("requests", 4.0),
        ("request_error_rate", 0.25),
        ("request_cached_share", 0.0),
        ("slo_attainment", 0.75),
        ("latency_p50_s", 3.0),
        ("latency_p95_s", 12.0),
        ("latency_p99_s", 12.0),
        ("ttft_p50_s", 3.0),
        ("tokens", 9.0),
        ("cost_services_usd", 3.6),
        ("cost_per_request_usd", 1.2),
        ("replica_hours", 1.0),
        ("replicas_mean", 1.0),
        ("cost_usd", 3.6),
    ] {
        is(&flight, metric, meant);
    }
    assert_eq!(flight.metrics[index("tpot_p50_s")], None);
    // Batches of whole requests serve no tokens, though these have lengths.
    let per_tokens = index("cost_per_million_tokens_usd");
    assert_eq!(flight.metrics[per_tokens], None);
    assert_eq!(flight.requests.len(), 4);
}

const WAYS: &str = r#"
name = "ways"
[horizon]
end = "1h"
[[fleet]]
name = "four"
instance = { gpus = 1, gpu = "A100" }
price = "$1"
count = 4
[[service]]
name = "ask"
requests = { format = "requests-csv", file = "requests.csv" }
serving = { kind = "batch", fixed = "2s", line = 0 }
slo = { latency = "3s" }
max-unavailable = 1
[[service.replicas]]
name = "edge"
classes = ["eu"]
network = "10ms"
then = "large"
accept = 0.0
quality = 0.5
[[service.replicas]]
name = "cloud"
when = "full"
network = { eu = "90ms", us = "20ms" }
quality = 0.75
[[service.replicas]]
name = "standby"
when = "down"
after = "1m"
network = "1s"
[[service.replicas]]
name = "large"
network = "500ms"
[[policy]]
name = "plain"
[output]
tables = ["services", "requests"]
"#;

/// At 0 one of Europe goes to the edge, is not content, and goes on to the large model: 2 + 2 s, and 510 ms of network. At 1
/// another finds the edge full, and at 1.5 one of the States may not go there: the first goes to the cloud, 2 s and 90 ms, and
/// the second waits for it until 3: 3.5 s and 20 ms.
#[test]
fn requests_go_where_their_class_and_their_answers_lead_them() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let log = "arrived_s,class,input,output\n0,eu,1,1\n1,eu,1,1\n1.5,us,1,1\n";
    std::fs::write(folder.path().join("requests.csv"), log).expect("a writable folder");
    let experiment = built(WAYS, folder.path()).expect("a sound scenario");
    assert!(!experiment.is_random(), "nobody is ever content");
    let flight = flown(&experiment, 0);
    for (metric, meant) in [
        ("requests", 3.0),
        ("slo_attainment", 1.0 / 3.0),
        ("quality_mean", (1.0 + 0.75 + 0.75) / 3.0),
        ("latency_p50_s", 3.52),
        ("latency_p99_s", 4.51),
        ("ttft_p99_s", 4.51),
    ] {
        is(&flight, metric, meant);
    }
    let latency = |id: u64| {
        let mut all = flight.requests.iter().map(|(_, one)| one);
        let one = all.find(|one| one.request.id == RequestId(id));
        one.and_then(Completion::latency).map(Span::us)
    };
    let latencies = [0, 1, 2].map(latency);
    assert_eq!(
        latencies,
        [Some(4_510_000), Some(2_090_000), Some(3_520_000)]
    );
}

#[test]
fn classes_that_nobody_has_or_nobody_takes_are_refused() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let log = "arrived_s,class,input,output\n0,eu,1,1\n1,asia,1,1\n";
    std::fs::write(folder.path().join("requests.csv"), log).expect("a writable folder");
    let refused = |text: &str| built(text, folder.path()).err().expect("it is refused");
    let strange = refused(WAYS);
    assert!(strange.contains("us: no class"), "{strange}");
    assert!(strange.contains("known are eu, asia"), "{strange}");
    let stranded = WAYS.replace(", us = \"20ms\"", "");
    let stranded = stranded.replace("when = \"full\"", "classes = [\"eu\"]");
    let stranded = refused(&stranded.replace("when = \"down\"\nafter = \"1m\"", "classes = []"));
    assert!(stranded.contains("of class asia"), "{stranded}");
}

const BOTH: &str = r#"
name = "both"
seed = 4
[horizon]
end = "30m"
[[fleet]]
name = "rented"
instance = { gpus = 4, gpu = "A100", gpu-memory = "40GiB" }
market = "on-demand"
price = "$12"
boot = "1m"
count = 2
[[service]]
name = "chat"
requests = { model = "bursts", per-second = 2, input = 300, input-p99 = 3000, output = 80, turns = 3, contents = 200 }
serving = { kind = "tokens", fixed = 9000, per-token = 40.5, per-context = 0.04, tokens = 2048, sequences = 32, kv-tokens = 40000, prefix = { shared = 64, session = 0.7, sessions = 100 } }
cache = { answers = 50, latency = "1ms" }
slo = { ttft = "2s", tpot = "60ms" }
patience = "20s"
router = { session = 500 }
[[service.replicas]]
initial = 3
max = 4
load = "30s"
models = { A100 = 1.0 }
[[service]]
name = "images"
requests = { model = "diurnal", per-second = 20, length = "20m" }
serving = { kind = "batch", size = 8, timeout = "20ms", mean = "60ms", law = "exponential", line = 40 }
line = 100
router = "power-of-two"
[[service.replicas]]
gpus = 0.5
initial = 2
[[policy]]
name = "plain"
[[policy]]
name = "spread"
place = "worst-fit"
"#;

/// How often each request ended, and when it had come at the latest.
#[derive(Default)]
struct Ends {
    ended: BTreeSet<(u16, RequestId)>,
    last: SimTime,
}

impl Observer for Ends {
    fn observe(&mut self, now: SimTime, fact: &Fact<'_>) {
        if let Fact::Request {
            service,
            completion,
        } = fact
        {
            let request = completion.request;
            assert!(self.ended.insert((service.0, request.id)), "ended twice");
            self.last = self.last.max(request.arrived);
            assert!(request.arrived <= now);
        }
    }
}

#[test]
fn every_request_ends_once_or_is_inside_at_the_end_whatever_the_policy() {
    let experiment = built(BOTH, Path::new(".")).expect("a sound scenario");
    for contender in &experiment.contenders {
        let jobs = experiment.jobs(4).expect("jobs that fit");
        let trace = Trace::new(jobs.for_policy(contender));
        let mut engine = Engine::new(jobs.world().clone(), Box::new(trace));
        let (mut policy, mut ends) = (contender.policy(4), Ends::default());
        let finish = engine.run(&mut *policy, contender.grants, &mut ends);
        assert!(matches!(finish, Ok(Finish::Horizon)), "{finish:?}");
        for (at, service) in (0..).zip(&jobs.world().services) {
            let mut stream = service.requests.open();
            let mut came = 0usize;
            while let Some(request) = stream.next() {
                came += usize::from(request.arrived < engine.now());
            }
            let ended = ends.ended.iter().filter(|(of, _)| *of == at).count();
            // What is inside at the end is little beside what came.
            assert!(came > 3000, "{}: {came} came", service.name);
            let inside = came.checked_sub(ended).expect("no more than came");
            assert!(inside < came / 10, "{}: {inside} are inside", service.name);
        }
    }
}

#[test]
fn the_same_requests_come_to_every_policy_and_others_by_another_seed() {
    let experiment = built(BOTH, Path::new(".")).expect("a sound scenario");
    let first = |seed| {
        let jobs = experiment.jobs(seed).expect("jobs that fit");
        let mut stream = jobs.world().services[0].requests.open();
        let mut fork = stream.fork();
        assert_eq!(stream.next(), fork.next());
        stream.next().expect("there are many")
    };
    assert_eq!(first(4), first(4));
    assert_ne!(first(4), first(5));
    assert!(experiment.is_random());
}

#[test]
fn where_there_is_no_service_nothing_is_said_of_requests() {
    let text = r#"
name = "jobs-alone"
[[fleet]]
name = "f"
instance = { gpus = 64, gpu = "V100" }
count = 50
[[workload]]
name = "w"
synth = { model = "philly-2017", jobs = 3 }
[[policy]]
name = "p"
"#;
    let flight = fly_text(text, Path::new("."), 0);
    let services = METRICS.iter().zip(&flight.metrics);
    let mut services = services.filter(|(metric, _)| metric.doc.contains("replicas of services"));
    assert!(services.all(|(_, value)| value.is_none()));
    assert_eq!(flight.metrics[index("slo_attainment")], None);
}

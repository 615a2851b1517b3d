//! What services cost to fly: a day of ten million requests to four models in three regions, request by request and by rates,
//! beside a loop written by hand over the same requests; an hour of a real trace, and runs of a real engine, token by token.
//!
//! `cargo bench -p benches --bench serving -- azure` flies what has `azure` in its name.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use benches::hand;
use scenarios::build::{Experiment, known};
use scenarios::experiment::flight::{Flight, Keep, fly};
use scenarios::experiment::metrics::index;
use scenarios::fit::{Engine, fit, served};
use scenarios::schema::{DataRoots, parse};
use traces::Options;
use traces::requests::import_requests;

/// Requests of the day, in all.
const REQUESTS: f64 = 1e7;
/// GPU of each region, and the hour of its peak.
const REGIONS: [(&str, u32); 3] = [("A100", 6), ("H100", 14), ("V100", 22)];
/// Milliseconds of service of each model.
const MODELS: [u32; 4] = [100, 200, 400, 800];
/// Promised: seconds request by request and by rates, and of the trace.
const TARGETS: [(&str, f64); 3] = [("requests", 10.0), ("fluid", 1.0), ("azure", 1.0)];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part));
    if is_wanted("day") {
        compare_day();
    }
    if is_wanted("azure") {
        fly_azure();
    }
    if is_wanted("runs") {
        serve_runs();
    }
}

fn compare_day() {
    let (requests, by_hand) = (of_day("requests"), hand_day());
    let fluid = of_day("fluid");
    let ratio = |took: Duration| took.as_secs_f64() / by_hand.as_secs_f64();
    println!(
        "by hand: {:.2} s; request by request {:.2} times as long, by rates {:.3} times",
        by_hand.as_secs_f64(),
        ratio(requests.0),
        ratio(fluid.0)
    );
    for metric in ["cost_services_usd", "slo_attainment", "latency_p95_s"] {
        let of = |flight: &Flight| flight.metrics[index(metric)].unwrap_or(f64::NAN);
        let (exact, rates) = (of(&requests.1), of(&fluid.1));
        println!("  {metric}: {exact:.4} request by request, {rates:.4} by rates");
    }
}

/// Twelve services.
fn day(fidelity: &str) -> String {
    let region = |(gpu, peak): (&str, u32)| {
        let models = MODELS.map(|service_ms| service(fidelity, (gpu, peak), service_ms));
        format!(
            "[[fleet]]\nname = \"{gpu}\"\ninstance = {{ gpus = 8, gpu = \"{gpu}\" }}\nprice = \"$24\"\ncount = 20\n{}",
            models.concat()
        )
    };
    let regions = REGIONS.map(region).concat();
    format!(
        "name = \"day\"\nseed = 1\n[horizon]\nend = \"1d\"\n{regions}\
         [[policy]]\nname = \"hpa\"\nreplicas = {{ kind = \"hpa\", target = 0.6, max = 40 }}\n"
    )
}

fn service(fidelity: &str, (gpu, peak): (&str, u32), service_ms: u32) -> String {
    let per_s = REQUESTS / 86_400.0 / 12.0;
    format!(
        "[[service]]\nname = \"{gpu}-{service_ms}\"\nfidelity = \"{fidelity}\"\n\
         requests = {{ model = \"diurnal\", per-second = {per_s}, amplitude = 0.6, peak-hour = {peak} }}\n\
         serving = {{ kind = \"batch\", mean = \"{service_ms}ms\" }}\nslo = {{ latency = \"2s\" }}\n\
         [[service.replicas]]\ninitial = 4\nmax = 40\nload = \"30s\"\nmodels = {{ {gpu} = 1.0 }}\n"
    )
}

fn built(text: &str, folder: &Path) -> Experiment {
    let roots = DataRoots::default();
    let scenario = parse("bench.toml", text.as_bytes(), (folder, &roots), &known);
    let scenario = scenario.unwrap_or_else(|rejection| panic!("{}", rejection.lines()));
    Experiment::build(scenario).unwrap_or_else(|error| panic!("{error}"))
}

/// Flies it once: how long that took, reading apart.
fn flown(name: &str, experiment: &Experiment) -> (Duration, Flight) {
    let start = Instant::now();
    let jobs = experiment.jobs(1).expect("jobs that fit");
    let keep = Keep {
        samples: false,
        stays: 0,
    };
    let flight = fly(experiment, 0, (1, &jobs), keep).expect("a sound policy");
    let took = start.elapsed();
    let target = TARGETS.iter().find(|(of, _)| *of == name);
    let seconds = took.as_secs_f64();
    let target = target.map_or(f64::INFINITY, |(_, target)| *target);
    println!(
        "{name}: {} requests, {} events, {seconds:.2} s, target {target} s: {}",
        flight.metrics[index("requests")].unwrap_or(0.0),
        flight.counters.events,
        if seconds <= target { "holds" } else { "MISSED" }
    );
    (took, flight)
}

fn of_day(fidelity: &str) -> (Duration, Flight) {
    flown(fidelity, &built(&day(fidelity), Path::new(".")))
}

/// The same requests, service by service, at a fixed number of servers that bears the peak.
fn hand_day() -> Duration {
    let experiment = built(&day("requests"), Path::new("."));
    let start = Instant::now();
    let jobs = experiment.jobs(1).expect("jobs that fit");
    let (mut served, mut waited) = (0, 0);
    for (at, service) in jobs.world().services.iter().enumerate() {
        let service_ms = MODELS[at % MODELS.len()];
        let mut stream = service.requests.open();
        let customers = std::iter::from_fn(|| {
            let request = stream.next()?;
            Some((request.arrived.us(), u64::from(service_ms) * 1000))
        });
        let (count, time) = hand::mmc(customers, service_ms / 50 + 2);
        (served, waited) = (served + count, waited + time);
    }
    println!("by hand: {served} requests, which wait {waited} us in all");
    start.elapsed()
}

/// The conversations of Azure's trace of 2023, on two replicas of a model of 8 billion parameters.
fn fly_azure() {
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").unwrap_or_else(|| "../shared".into());
    let folder = PathBuf::from(root).join("data/serving");
    if !folder.join("azure_llm_2023_conv.csv.gz").exists() {
        println!("skipped: no reference data");
        return;
    }
    let text = r#"
name = "azure"
[horizon]
end = "1h"
[[fleet]]
name = "machines"
instance = { gpus = 1, gpu = "A100" }
price = "$3"
count = 2
[[service]]
name = "chat"
requests = { format = "azure-llm-2023", file = "azure_llm_2023_conv.csv.gz" }
serving = { kind = "tokens", fixed = 12687.3, per-token = 34.98, per-sequence = 31.9983, per-context = 0.058066, tokens = 2048, sequences = 128, kv-tokens = 160000 }
slo = { ttft = "1s", tpot = "50ms" }
[[service.replicas]]
initial = 2
max = 2
[[policy]]
name = "plain"
"#;
    flown("azure", &built(text, &folder));
}

/// Three runs of vLLM of 300 requests each, served again by the model that was fitted to their first halves.
fn serve_runs() {
    let root = std::env::var_os("WINDTUNNEL_REFERENCE").unwrap_or_else(|| "../shared".into());
    let runs = PathBuf::from(root).join("data/serving/llmservingsim");
    // Sequences and blocks of each engine.
    let engines = [
        ("RTXPRO6000_Llama-3.1-8B", 128, 1 << 23),
        ("RTXPRO6000_Qwen3-32B", 128, 1 << 23),
        ("RTX4090_Llama-3.1-8B", 256, 2588),
    ];
    for (run, sequences, blocks) in engines {
        let Ok(file) = File::open(runs.join(run).join("vllm_requests.jsonl")) else {
            println!("skipped: no reference data");
            return;
        };
        let source = traces::Source::new(run, file);
        let log = import_requests("vllm-requests", source, &Options::default());
        let log = log.expect("a published file");
        let engine = Engine {
            tokens: 2048,
            sequences,
            blocks,
            reserve: true,
        };
        let fitted = fit(&log, engine).expect("a good log");
        let mut took: Vec<f64> = (0..101)
            .map(|_| {
                let start = Instant::now();
                let again = served(&log, engine, fitted.step).expect("the engine's own limits");
                assert_eq!(again.records.len(), log.records.len());
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        took.sort_by(f64::total_cmp);
        println!(
            "{run}: {} requests in {:.2} ms (median of {}, at most 5); held back {:.2} % off",
            log.records.len(),
            took[took.len() / 2],
            took.len(),
            100.0 * fitted.held_back.mape
        );
    }
}

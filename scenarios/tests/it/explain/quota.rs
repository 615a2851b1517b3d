//! What a quota of the provider keeps away is told as that.

use std::fs;

use serde_json::Value;

use super::command::command;

/// Two of four machines, each of which one job fills.
const KEPT: &str = r#"
name = "kept"
seed = 3

[[fleet]]
name = "cloud"
instance = { gpus = 8, gpu = "A100" }
market = "on-demand"
price = "$8.00"
max = 4

[[quota]]
name = "gpus"
fleets = ["cloud"]
gpus = 16

[[workload]]
name = "training"

[workload.synth]
model = "parametric"
length = "1d"
arrivals = { kind = "poisson", per-hour = 3 }
durations = { kind = "lognormal", median = "40m", sigma = 1.0 }
gangs = [{ gpus = 8, weight = 1 }]

[[policy]]
name = "fifo"
order = "fifo"
buy = { kind = "queue-depth" }
"#;

#[test]
fn jobs_that_wait_for_machines_beyond_a_quota_wait_for_the_quota() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::write(at.join("kept.toml"), KEPT).expect("a file");
    let waits = |gpus: &str| {
        let set = format!("quota.gpus.gpus={gpus}");
        let run = [
            "run",
            "kept.toml",
            "--explain",
            "--format",
            "json",
            "--quiet",
            "--set",
            &set,
        ];
        let (said, wrong, code) = command(at, &run);
        assert_eq!(code, 0, "{wrong}");
        let run: Value = serde_json::from_str(&said).expect("JSON");
        let shares = run["waits"].as_array().expect("a list").clone();
        let of = |reason: &str| {
            let own = shares.iter().find(|share| share["reason"] == reason);
            own.map_or(0.0, |share| share["wait_s"].as_f64().expect("a number"))
        };
        [of("quota"), of("no-capacity")]
    };
    let [quota, capacity] = waits("16");
    assert!(quota > 3600.0, "{quota}");
    assert!(capacity.abs() < 1e-9, "{capacity}");
    // With all four machines within the quota it is the fleet that is too small.
    let [quota, capacity] = waits("32");
    assert!(quota.abs() < 1e-9, "{quota}");
    assert!(capacity > 0.0, "{capacity}");
}

//! Replicas of services wait as jobs do, and are told of beside them.

use std::fs;

use serde_json::Value;

use super::command::command;

/// Three replicas for two GPUs.
const SHORT: &str = r#"
name = "short"
seed = 3

[horizon]
end = "6h"
epoch = 2026-03-02T00:00:00

[[fleet]]
name = "cluster"
instance = { gpus = 1, gpu = "A100" }
price = "$2.00"
count = 2

[[service]]
name = "shop"
requests = { model = "diurnal", per-second = 1, amplitude = 0.5, peak-hour = 14 }
serving = { kind = "batch", mean = "1s", law = { erlang = 4 } }
slo = { latency = "10s" }

[[service.replicas]]
initial = 3
max = 3
load = "40s"

[[policy]]
name = "plain"
"#;

#[test]
fn replicas_that_find_no_room_are_told_of_beside_the_jobs() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    fs::write(at.join("short.toml"), SHORT).expect("a file");
    let run = ["run", "short.toml", "--explain", "--quiet"];
    let (said, wrong, code) = command(at, &[&run[..], &["--format", "json"]].concat());
    assert_eq!(code, 0, "{wrong}");
    let run_told: Value = serde_json::from_str(&said).expect("JSON");
    let shares = run_told["waits"].as_array().expect("a list");
    let [share] = &shares[..] else {
        panic!("{shares:?}")
    };
    assert_eq!(
        (&share["who"], &share["reason"]),
        (&"replicas".into(), &"no-capacity".into())
    );
    assert_eq!(share["wait_s"].as_f64(), Some(6.0 * 3600.0));
    assert_eq!(share["count"], 1);
    let (said, ..) = command(at, &run);
    assert!(
        said.contains("why replicas waited") && !said.contains("why jobs waited"),
        "{said}"
    );
    let compare = [
        "compare",
        "short.toml",
        "--explain",
        "--replications",
        "2",
        "--quiet",
        "--out",
        "out",
    ];
    let (said, wrong, code) = command(at, &compare);
    assert_eq!(code, 0, "{wrong}");
    assert!(said.contains("why replicas waited"), "{said}");
    let waits = fs::read_to_string(at.join("out/waits.csv")).expect("a table");
    assert!(
        waits.contains("plain,3,replicas,no-capacity,21600,1,1"),
        "{waits}"
    );
}

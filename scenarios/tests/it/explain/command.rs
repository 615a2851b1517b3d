//! The command: what a run left is flown again, and told of.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

const CROWDED: &str = r#"
name = "crowded"
seed = 3
baseline = "fifo"

[[fleet]]
name = "cluster"
instance = { gpus = 8, gpu = "A100" }
market = "on-demand"
price = "$8.00"
count = 2

[[workload]]
name = "training"
checkpoint = { every = "30m", restore = "1m" }
estimate = "exact"

[workload.synth]
model = "parametric"
length = "1d"
arrivals = { kind = "poisson", per-hour = 6 }
durations = { kind = "lognormal", median = "1h", sigma = 1.0 }
gangs = [
    { gpus = 1, weight = 3 },
    { gpus = 4, weight = 2 },
    { tasks = 2, gpus = 8, weight = 1 },
]

[[policy]]
name = "fifo"
order = "fifo"
admit = "strict"

[[policy]]
name = "easy"
order = "fifo"
admit = "easy"
"#;

pub(super) fn command(at: &Path, arguments: &[&str]) -> (String, String, i32) {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    let output = command.current_dir(at).args(arguments).output();
    let output = output.expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("it ends by itself");
    (text(output.stdout), text(output.stderr), code)
}

pub(super) fn crowded() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("crowded.toml"), CROWDED).expect("a file");
    folder
}

pub(super) fn told(at: &Path, arguments: &[&str]) -> Value {
    let arguments = [&["explain", "out", "--format", "json"], arguments].concat();
    let (said, wrong, code) = command(at, &arguments);
    assert_eq!(code, 0, "{wrong}");
    serde_json::from_str(&said).expect("JSON")
}

#[test]
fn a_run_is_told_of_by_reason_by_job_by_node_and_by_instant() {
    let folder = crowded();
    let at = folder.path();
    let (said, wrong, code) = command(at, &["run", "crowded.toml", "--explain", "--out", "out"]);
    assert_eq!(code, 0, "{wrong}");
    assert!(said.contains("behind-head"), "{said}");
    let waits = fs::read_to_string(at.join("out/runs/base/fifo/3/waits.csv")).expect("a table");
    let mut of_job: std::collections::BTreeMap<u32, u64> = std::collections::BTreeMap::new();
    for line in waits.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let job = cells[0].parse().expect("a job");
        *of_job.entry(job).or_default() += cells[2].parse::<u64>().expect("microseconds");
    }
    // The one that waited longest.
    let (job, longest) = of_job.iter().max_by_key(|(_, us)| **us).expect("some wait");
    let all = told(at, &[]);
    let shares = all["waits"].as_array().expect("a list");
    let sum: f64 = shares
        .iter()
        .map(|share| share["share"].as_f64().expect("a number"))
        .sum();
    assert!((sum - 1.0).abs() < 1e-9, "{all:#}");
    let own = told(at, &["--job", &job.to_string()]);
    let lines = own["lines"].as_array().expect("a list");
    let whats: Vec<&str> = lines
        .iter()
        .map(|line| line["what"].as_str().expect("words"))
        .collect();
    assert_eq!(whats.first(), Some(&"submitted"), "{own:#}");
    assert_eq!(whats.last(), Some(&"completed"), "{own:#}");
    assert!(whats.contains(&"runs"), "{own:#}");
    let waited = lines.iter().filter(|line| line["what"] == "waits");
    let us = |line: &Value, key: &str| line[key].as_u64().expect("microseconds");
    let waited: u64 = waited
        .map(|line| us(line, "until_us") - us(line, "from_us"))
        .sum();
    assert_eq!(waited, *longest, "{own:#}");
    let node = told(at, &["--node", "1"]);
    assert!(
        node["sum"]
            .as_str()
            .expect("a sum")
            .contains("with nobody on it"),
        "{node:#}"
    );
    let instant = told(at, &["--at", "12h"]);
    let fleet = &instant["lines"][0];
    assert_eq!(fleet["what"], "fleet cluster", "{instant:#}");
    for format in ["text", "markdown"] {
        for subject in [&["--job", "0"][..], &["--node", "0"], &["--at", "6h"], &[]] {
            let arguments = [&["explain", "out", "--format", format], subject].concat();
            let (said, wrong, code) = command(at, &arguments);
            assert_eq!((code, wrong.as_str()), (0, ""));
            assert!(said.starts_with("fifo, seed 3"), "{said}");
        }
    }
}

#[test]
fn a_comparison_tells_why_jobs_waited_under_each_policy() {
    let folder = crowded();
    let at = folder.path();
    let arguments = [
        "compare",
        "crowded.toml",
        "--replications",
        "2",
        "--explain",
        "--out",
        "out",
        "--quiet",
    ];
    let (said, wrong, code) = command(at, &arguments);
    assert_eq!(code, 0, "{wrong}");
    assert!(said.contains("why jobs waited"), "{said}");
    let waits = fs::read_to_string(at.join("out/waits.csv")).expect("a table");
    assert!(
        waits
            .lines()
            .any(|line| line.starts_with("easy,4,jobs,would-delay")),
        "{waits}"
    );
    let page = fs::read_to_string(at.join("out/report.html")).expect("a page");
    assert!(page.contains("Why jobs waited"));
    assert!(at.join("out/figures/waits-by-reason.svg").exists());
    let easy = told(at, &["--policy", "easy", "--seed", "4"]);
    assert_eq!(easy["policy"], "easy");
}

#[test]
fn what_cannot_be_told_is_refused_with_a_remedy() {
    let folder = crowded();
    let at = folder.path();
    let (_, wrong, code) = command(at, &["run", "crowded.toml", "--out", "out"]);
    assert_eq!(code, 0, "{wrong}");
    assert!(!at.join("out/runs/base/fifo/3/waits.csv").exists());
    for (arguments, says) in [
        (&["--job", "nobody"][..], "no job of this number or name"),
        (&["--job", "99999"], "no job of this number or name"),
        (&["--node", "2"], "there are 2, counted from 0"),
        (&["--policy", "easy"], "policies and seeds there: fifo 3"),
        (&["--seed", "4"], "policies and seeds there: fifo 3"),
        (&["--job", "1", "--node", "1"], "cannot be used with"),
        (&["--job", "1", "--recommend"], "cannot be used with"),
        (&["--at", "soon"], "a duration"),
    ] {
        let (_, wrong, code) = command(at, &[&["explain", "out"], arguments].concat());
        assert_eq!(code, 2, "{wrong}");
        assert!(wrong.contains(says), "{wrong}");
    }
    let digest = at.join("out/runs/base/fifo/3/digest.txt");
    fs::write(digest, "decisions 0123\nfacts 4567\n").expect("a file");
    let (_, wrong, code) = command(at, &["explain", "out"]);
    assert_eq!(code, 2);
    assert!(wrong.contains("does something else"), "{wrong}");
    fs::remove_file(at.join("out/scenario.toml")).expect("it was there");
    let (_, wrong, code) = command(at, &["explain", "out"]);
    assert_eq!(code, 2);
    assert!(wrong.contains("scenario.toml"), "{wrong}");
}

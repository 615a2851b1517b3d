//! What Gavel's simulator counts, and what is right, of the same run: costs and deadlines.

use super::rig::{folder, windtunnel};
use assert_cmd::Command;

/// A GPU that does a step a second; the second job waits for the first, for longer than its deadline allows.
const SPEEDS: &str = r#"{"v100": {"('net', 1)": {"null": 1.0}}}"#;
const TRACE: &str =
    "net\tcmd\twd\t--n\t1\t1000\t1\t1\t-1\t50000\nnet\tcmd\twd\t--n\t1\t100\t1\t1\t2.0\t50010\n";

const CASES: &str = r#"
version = 1
family = "gavel"
ignored = ["cases.toml"]
[[case]]
id = "late"
inputs = ["data/gavel/own.trace", "data/gavel/own_throughputs.json"]
expected = ["own.summary.json", "own.jobs.csv"]
policy = "fifo_perf"
options = { cluster = { v100 = 1, p100 = 0, k80 = 0 }, gpus_per_server = { v100 = 1, p100 = 1, k80 = 1 }, round_s = 360, reallocation_interval_s = 1920, seed = 0, solver = "ECOS", slo = true, compat = "gavel", prices_usd_per_gpu_hour = { v100 = 0.72, p100 = 0.4, k80 = 0.1 }, jobs_from = "trace", mode = "own-policy" }
compare = { file = "own.jobs.csv", key = "job_id", columns = ["completion_s", "cost_usd", "slo_deadline_s"], tolerance = 1e-9, also = [{ file = "own.summary.json", key = "", columns = ["total_cost_usd", "slo_violations_peer_bug", "slo_violations_true_deadline"], tolerance = 1e-9 }] }
expect = "match"
"#;

#[test]
fn the_original_charges_for_time_before_the_first_job_and_measures_deadlines_by_the_wrong_clock() {
    // $0.72 an hour is $0.0002 a second: 50000 s of nothing and 1000 s of work, then 100 s. The deadline of the second is twice
    // its time after the round at which it was taken in; the original compares 1090 s with it, an instant.
    let jobs =
        "job_id,completion_s,cost_usd,slo_deadline_s\n0,51000.0,10.2,\n1,51100.0,0.02,50560.0\n";
    let summary = r#"{"total_cost_usd": 10.22, "slo_violations_peer_bug": 0, "slo_violations_true_deadline": 1}"#;
    let files = [
        ("own.trace", TRACE),
        ("own_throughputs.json", SPEEDS),
        ("own.jobs.csv", jobs),
        ("own.summary.json", summary),
        ("cases.toml", CASES),
    ];
    let scratch = folder(&[]);
    for (name, text) in files {
        let is_input = ["own.trace", "own_throughputs.json"].contains(&name);
        let within = if is_input { "data" } else { "conformance" };
        let folder = scratch.path().join(within).join("gavel");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(name), text).expect("a file");
    }
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command
        .args(["conform", "gavel", "--reference"])
        .arg(scratch.path());
    let output = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn by_default_a_job_costs_what_it_held_and_a_deadline_is_an_instant() {
    let scenario = r#"
name = "right"
seed = 7
[[fleet]]
name = "v100"
instance = { gpus = 1, gpu = "v100" }
market = "on-demand"
price = "$0.72"
count = 1
[[workload]]
name = "jobs"
trace = { format = "gavel", file = "own.trace" }
course = { speeds = { file = "own.json", reference = "v100" } }
[[policy]]
name = "fifo"
kind = "gavel-fifo"
"#;
    let folder = folder(&[
        ("own.trace", TRACE),
        ("own.json", SPEEDS),
        ("x.toml", scenario),
    ]);
    windtunnel(folder.path(), &["run", "--out", "out", "x.toml"]);
    let jobs = std::fs::read_to_string(folder.path().join("out/runs/base/fifo/7/jobs.csv"))
        .expect("a table");
    let mut lines = jobs.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let names = lines.next().expect("a head");
    let column = |name: &str| names.iter().position(|own| *own == name).expect("a column");
    let (finish, cost, late) = (
        column("finish_us"),
        column("cost_nanousd"),
        column("sla_violated"),
    );
    let told: Vec<_> = lines
        .map(|line| [line[finish], line[cost], line[late]].map(str::to_owned))
        .collect();
    assert_eq!(
        told[0][..2],
        ["51000000000", "200000000"],
        "1000 s at $0.0002"
    );
    assert_eq!(
        told[1],
        ["51100000000", "20000000", "true"],
        "100 s, and over by 890 s"
    );
}

//! Advice on the size of what work is given, and what comes of it where it is taken.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// Twelve replicas, jobs that may wait, and jobs with a deadline, each on whole GPUs that are rented.
const OVERSIZED: &str = r#"
name = "oversized"
seed = 1

[horizon]
end = "20d"

[[fleet]]
name = "rented"
instance = { gpus = 1, gpu = "A100", gpu-memory = "40GiB" }
market = "on-demand"
price = "$3.60"
max = 200
boot = "3m"

[[fleet]]
name = "cheap"
instance = { gpus = 1, gpu = "A100", gpu-memory = "40GiB" }
market = "spot"
price = "$1.20"
reclaim = { model = "exponential", mean = "8h" }
max = 200
boot = "3m"

[[service]]
name = "ranking"
requests = { model = "poisson", per-second = 0.2 }
serving = { kind = "batch", mean = "30s", law = { erlang = 4 } }
slo = { latency = "10m" }

[[service.replicas]]
name = "main"
markets = ["on-demand"]
initial = 12
usage = { memory = 0.2, compute = 0.28 }

[[workload]]
name = "sweeps"
markets = ["on-demand"]
priority = -1
checkpoint = { every = "30m", dump = "1m", restore = "2m" }
usage = { memory = 0.9, compute = 0.2 }

[workload.synth]
model = "parametric"
length = "19d"
arrivals = { kind = "poisson", per-hour = 4 }
durations = { kind = "lognormal", median = "2h", sigma = 0.6 }

[[workload]]
name = "tuning"
markets = ["on-demand"]
deadline = { slack = 10.0 }
gpu-memory = "12GiB"
usage = { compute = 0.6 }

[workload.synth]
model = "parametric"
length = "19d"
arrivals = { kind = "poisson", per-hour = 6 }
durations = { kind = "lognormal", median = "3h", sigma = 0.4 }

[[workload]]
name = "untold"
markets = ["on-demand"]

[workload.synth]
model = "parametric"
length = "10d"
arrivals = { kind = "poisson", per-hour = 0.5 }
durations = { kind = "lognormal", median = "1h", sigma = 0.4 }

[[policy]]
name = "p"
admit = "skip"
place = "best-fit"
buy = { kind = "queue-depth", market = ["on-demand", "spot"], idle = "10m" }
"#;

fn command(arguments: &[&str], folder: &Path) -> (String, String, Option<i32>) {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    let output = command.current_dir(folder).args(arguments).output();
    let output = output.expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let (said, diagnosed) = (text(output.stdout), text(output.stderr));
    (said, diagnosed, output.status.code())
}

/// What is advised after a run of a scenario.
fn advised(text: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("x.toml"), text).expect("a file");
    let (_, said, code) = command(&["run", "x.toml", "--out", "out"], folder.path());
    assert_eq!(code, Some(0), "{said}");
    let arguments = ["explain", "out", "--recommend", "--format", "json"];
    let (told, said, code) = command(&arguments, folder.path());
    assert_eq!(code, Some(0), "{said}");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    told["policies"][0].clone()
}

fn row<'a>(advised: &'a Value, who: &str) -> &'a Value {
    let rows = advised["rows"].as_array().expect("rows");
    let mut rows = rows.iter();
    rows.find(|row| row["who"] == who).expect("it is told")
}

fn usd(value: &Value, key: &str) -> f64 {
    value[key].as_f64().expect("an amount")
}

/// The scenario in which the replicas are on slices, as advised; the part that they compute with is less than a slice has.
fn sliced(text: &str) -> String {
    let replicas = "initial = 12\nprofile = \"2g.10gb\"";
    cut(text).replace("initial = 12", replicas)
}

fn cut(text: &str) -> String {
    text.replace(
        "name = \"rented\"",
        "name = \"rented\"\nmig = \"a100-40gb\"",
    )
}

/// The scenario in which jobs with a deadline are on slices, and take as much longer as was told.
fn tuned(text: &str, slowdown_milli: u64) -> String {
    let speed = 1000.0 / sim_core::units::convert::real(slowdown_milli);
    let jobs = format!("course = {{ rates = {{ A100 = {speed} }} }}\nprofile = \"3g.20gb\"");
    cut(text).replace("gpu-memory = \"12GiB\"", &jobs)
}

fn on_spot(text: &str) -> String {
    let (head, rest) = text.split_once("name = \"sweeps\"").expect("it is there");
    let rest = rest.replacen("\"on-demand\"", "\"spot\"", 1);
    format!("{head}name = \"sweeps\"{rest}")
}

#[test]
fn advice_that_is_taken_saves_what_was_told() {
    let before = advised(OVERSIZED);
    let cost = usd(&before, "cost_usd");
    let [ranking, sweeps, tuning] = ["ranking", "sweeps", "tuning"].map(|who| row(&before, who));
    assert_eq!(ranking["advice"]["profile"], "2g.10gb");
    assert_eq!(ranking["advice"]["slowdown_milli"], 1000);
    assert_eq!(ranking["advice"]["partition"], "a100-40gb");
    assert_eq!(sweeps["advice"]["kind"], "spot");
    assert_eq!(sweeps["advice"]["fleet"], "cheap");
    assert_eq!(tuning["advice"]["profile"], "3g.20gb");
    let slowdown = tuning["advice"]["slowdown_milli"].as_u64();
    let slowdown = slowdown.expect("a number");
    let taken = [
        ("ranking", sliced(OVERSIZED)),
        ("sweeps", on_spot(OVERSIZED)),
        ("tuning", tuned(OVERSIZED, slowdown)),
    ];
    for (who, text) in taken {
        let saves = usd(row(&before, who), "saves_usd");
        let after = usd(&advised(&text), "cost_usd");
        println!("{who}: told {saves:.2}, saved {:.2}", cost - after);
        // Of what it cost itself, not only of the whole bill.
        let own = usd(row(&before, who), "cost_usd");
        assert!((cost - saves - after).abs() <= 0.05 * own, "{who}: {after}");
    }
    let all = on_spot(&tuned(&sliced(OVERSIZED), slowdown));
    let all = all.replacen("\nmig = \"a100-40gb\"", "", 1);
    let after = usd(&advised(&all), "cost_usd");
    let told = cost - usd(&before, "saves_usd");
    println!("all: told {told:.2}, it costs {after:.2}");
    assert!((told - after).abs() <= 0.05 * after, "{told}, {after}");
}

/// Two jobs on machines of their own: two machines for 150 s at $3.60 an hour.
const BY_HAND: &str = r#"
name = "by-hand"

[[fleet]]
name = "owned"
instance = { gpus = 1, gpu = "T4" }
count = 2
price = "$3.60"

[[workload]]
name = "jobs"
trace = { format = "csv", file = "jobs.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
usage = { compute = 0.9 }

[[policy]]
name = "p"
"#;

#[test]
fn what_was_held_and_paid_is_what_it_is_by_hand() {
    let folder = tempfile::tempdir().expect("a folder");
    let jobs = "submit,duration,gpus\n0,100,1\n50,100,1\n";
    std::fs::write(folder.path().join("jobs.csv"), jobs).expect("a file");
    std::fs::write(folder.path().join("x.toml"), BY_HAND).expect("a file");
    let (_, said, code) = command(&["run", "x.toml", "--out", "out"], folder.path());
    assert_eq!(code, Some(0), "{said}");
    let usage = std::fs::read_to_string(folder.path().join("out/runs/base/p/1/usage.json"));
    let usage: Value = serde_json::from_str(&usage.expect("it was left")).expect("JSON");
    let held = &usage["users"][0]["held"][0];
    assert_eq!(held["gpus_us"]["1"], 100_000_000);
    assert_eq!(held["gpus_us"]["2"], 50_000_000);
    for key in ["ready_us", "work_us", "ran_us"] {
        assert_eq!(held[key], 200_000_000, "{key}");
    }
    assert_eq!([&held["attempts"], &held["machines"]], [2, 2]);
    assert_eq!(usage["users"][0]["cost_nanousd"][0], 200_000_000);
    assert_eq!(usage["fleets"][0]["cost_nanousd"], 300_000_000);
    assert_eq!(usage["fleets"][0]["price_nanousd_h"], 3_600_000_000_u64);
    let (told, _, _) = command(&["explain", "out", "--recommend"], folder.path());
    assert!(told.contains("p: $0.00 of $0.30 a run"), "{told}");
    assert!(told.contains("well used"), "{told}");
}

#[test]
fn what_the_rows_cost_is_what_the_machines_cost() {
    let short = OVERSIZED.replace("20d", "2d").replace("19d", "1d");
    let advised = advised(&short);
    let rows = advised["rows"].as_array().expect("rows");
    let sum: f64 = rows.iter().map(|row| usd(row, "cost_usd")).sum();
    let cost = usd(&advised, "cost_usd");
    assert!((sum - cost).abs() < 1e-6 * cost, "{sum}, {cost}");
    let saves: Vec<f64> = rows.iter().map(|row| usd(row, "saves_usd")).collect();
    assert!(saves.is_sorted_by(|one, other| one >= other), "{saves:?}");
}

#[test]
fn what_is_not_known_is_said_and_nothing_rests_on_it() {
    let short = OVERSIZED.replace("20d", "2d").replace("19d", "1d");
    let advised = advised(&short);
    let untold = row(&advised, "untold");
    assert_eq!(untold["advice"]["kind"], "keep");
    assert!(untold["memory_milli"].is_null());
    let why = untold["why"].as_str().expect("a reason");
    assert!(why.starts_with("unknown: memory and compute"), "{why}");
    let untold = short.replace("usage = { memory = 0.2, compute = 0.28 }\n", "");
    let replicas = self::advised(&untold);
    assert_eq!(row(&replicas, "ranking")["advice"]["kind"], "keep");
    // A job of high priority, or with a deadline, is left where it is.
    let urgent = short.replace("priority = -1", "priority = 1");
    let urgent = self::advised(&urgent);
    let why = &row(&urgent, "sweeps")["why"];
    assert_eq!(why, "little compute, may not wait");
}

#[test]
fn a_comparison_is_told_by_policy_and_every_format_says_what_is_unknown() {
    let folder = tempfile::tempdir().expect("a folder");
    let other =
        "\n[[policy]]\nname = \"q\"\nadmit = \"strict\"\nbuy = { kind = \"queue-depth\" }\n";
    let text = OVERSIZED.replace("20d", "2d").replace("19d", "1d") + other;
    std::fs::write(folder.path().join("x.toml"), text).expect("a file");
    let compare = [
        "compare",
        "x.toml",
        "--replications",
        "2",
        "--out",
        "out",
        "--quiet",
    ];
    let (_, said, code) = command(&compare, folder.path());
    assert_eq!(code, Some(0), "{said}");
    for format in ["text", "markdown", "json"] {
        let arguments = ["explain", "out", "--recommend", "--format", format];
        let (told, _, code) = command(&arguments, folder.path());
        assert_eq!(code, Some(0));
        assert!(told.contains("does not know"), "{told}");
        assert!(told.contains("fleet.rented.mig="), "{told}");
    }
    let (told, _, _) = command(&["explain", "out", "--recommend"], folder.path());
    assert!(told.contains("p: $"), "{told}");
    assert!(told.contains("q: $"), "{told}");
    assert!(told.contains("(2 runs)"), "{told}");
    // What a comparison did not fly is passed over, though it lies there.
    let text = std::fs::read_to_string(folder.path().join("x.toml")).expect("it is there");
    let text = text.replace("name = \"p\"", "name = \"gone\"");
    std::fs::write(folder.path().join("y.toml"), text).expect("a file");
    let (_, said, code) = command(&["run", "y.toml", "--out", "out"], folder.path());
    assert_eq!(code, Some(0), "{said}");
    let (told, _, _) = command(&["explain", "out", "--recommend"], folder.path());
    assert!(!told.contains("gone: $"), "{told}");
    let strict = [
        "explain",
        "out",
        "--recommend",
        "--low-memory",
        "0.1",
        "--low-priority",
        "-2",
    ];
    let (told, _, _) = command(&strict, folder.path());
    assert!(told.contains("p: $0.00 of"), "{told}");
}

#[test]
fn a_folder_that_no_run_left_is_refused_with_what_to_give_instead() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let explain = |dir: &str| command(&["explain", dir, "--recommend"], at);
    let (_, said, code) = explain("nowhere");
    assert_eq!(code, Some(3), "{said}");
    let (_, said, code) = explain(".");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no runs/ in it; give the folder"), "{said}");
    let run = at.join("runs/base/p/1");
    std::fs::create_dir_all(&run).expect("a folder");
    let (_, said, code) = explain(".");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("usage.json: it is not there"), "{said}");
    for (text, rule) in [
        ("{", "EOF while parsing"),
        ("[]", "invalid"),
        ("{\"scenario\": 1}", "line 1 column"),
    ] {
        std::fs::write(run.join("usage.json"), text).expect("a file");
        let (_, said, code) = explain(".");
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(rule), "{said}");
    }
    let (_, said, code) = command(&["explain", "."], at);
    assert_eq!(code, Some(2));
    assert!(said.contains("digest.txt"), "{said}");
}

#[test]
fn numbers_that_no_run_leaves_are_refused_and_overflow_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let text = OVERSIZED.replace("20d", "1d").replace("19d", "1d");
    std::fs::write(at.join("x.toml"), text).expect("a file");
    let (_, said, code) = command(&["run", "x.toml", "--out", "out"], at);
    assert_eq!(code, Some(0), "{said}");
    let file = at.join("out/runs/base/p/1/usage.json");
    let good = std::fs::read_to_string(&file).expect("it was left");
    let huge = u128::MAX.to_string();
    for (from, to) in [
        ("\"work_us\": ", format!("\"work_us\": {huge}, \"x\": ")),
        ("\"per_gpu\": ", "\"per_gpu\": 0, \"x\": ".to_owned()),
        ("\"cost_nanousd\": [", "\"cost_nanousd\": [1,".to_owned()),
        ("\"memory_milli\": 200", "\"memory_milli\": 2000".to_owned()),
    ] {
        let bad = good.replacen(from, &to, 1);
        assert_ne!(bad, good, "{from}");
        std::fs::write(&file, bad).expect("a file");
        let (_, said, code) = command(&["explain", "out", "--recommend"], at);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("numbers that no run leaves"), "{said}");
    }
}

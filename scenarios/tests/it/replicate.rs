//! Replications over windows and blocks of a history in files, and replicating until an interval is narrow.

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;
use scenarios::build::{Experiment, known};
use scenarios::experiment::metrics::index;
use scenarios::experiment::{Comparison, Plan, measure};
use scenarios::schema::{DataRoots, parse};
use sim_core::world::draw::Stream;

const DAYS: u64 = 10;

/// A history of ten days: jobs, requests, and a market of which both prices and machines change.
fn history(folder: &Path) {
    let mut stream = Stream::new(7, &["history".into()]);
    let mut jobs = "submit,duration,gpus\n".to_owned();
    let mut requests = "arrived_s,class,input,output,session,content\n".to_owned();
    let (mut machines, mut prices) = (Vec::new(), Vec::new());
    for gap in 0..DAYS * 144 {
        let at = gap * 600;
        let (submit, duration) = (at + stream.below(600), 600 + stream.below(14_400));
        writeln!(jobs, "{submit},{duration},{}", 1 + stream.below(8)).expect("a text");
        writeln!(requests, "{}.000000,,10,10,,", at + stream.below(600)).expect("a text");
        machines.push((2 + gap / 36 % 3).to_string());
        prices.push(format!("{}.5", 3 + stream.below(6)));
    }
    let series = format!(
        r#"{{"metadata": {{"gap_seconds": 600}}, "data": [{}], "prices": [{}]}}"#,
        machines.join(", "),
        prices.join(", ")
    );
    for (name, text) in [
        ("jobs.csv", jobs),
        ("requests.csv", requests),
        ("spot.json", series),
    ] {
        std::fs::write(folder.join(name), text).expect("a file");
    }
}

/// A scenario on that history from `from` seconds on: `job` and `series` are more keys of its traces and its market.
fn scenario(replicate: &str, epoch: &str, seed: u64, [job, series]: [&str; 2]) -> String {
    format!(
        r#"
name = "history"
seed = {seed}
[replicate]
{replicate}
[horizon]
end = "3d"
epoch = {epoch}
[[fleet]]
name = "spot"
instance = {{ gpus = 8, gpu = "V100" }}
market = "spot"
price = {{ format = "skypilot-json", file = "spot.json", after = "hold" {series} }}
availability = {{ format = "skypilot-json", file = "spot.json", after = "hold" {series} }}
max = 4
[[workload]]
name = "w"
trace = {{ format = "csv", file = "jobs.csv", columns = {{ submit = "submit", duration = "duration", gpus = "gpus" }} {job} }}
task-gpus = "job"
checkpoint = {{ every = "30m" }}
[[service]]
name = "s"
requests = {{ format = "requests-csv", file = "requests.csv" {job} }}
serving = {{ kind = "batch", fixed = "2s" }}
slo = {{ latency = "40s" }}
[[service.replicas]]
load = "50s"
[[policy]]
name = "fifo"
order = "fifo"
admit = "strict"
buy = {{ kind = "queue-depth", market = ["spot"], idle = "20m" }}
hours = {{ kind = "office", open = "07:00", close = "20:00" }}
[[policy]]
name = "skip"
order = "smallest"
admit = "skip"
buy = {{ kind = "queue-depth", market = ["spot"], idle = "20m" }}
"#
    )
}

fn built(text: &str, folder: &Path) -> Experiment {
    let roots = DataRoots::default();
    let loaded = parse("x.toml", text.as_bytes(), (folder, &roots), &known);
    let loaded = loaded.unwrap_or_else(|no| panic!("{}", no.lines()));
    Experiment::build(loaded).unwrap_or_else(|no| panic!("{no}"))
}

fn flown(experiment: &Experiment, seeds: Vec<u64>) -> Comparison {
    let plan = Plan {
        contenders: vec![0, 1],
        baseline: 0,
        seeds,
        threads: 1,
    };
    measure(experiment, plan).unwrap_or_else(|no| panic!("{no}"))
}

const MONDAY: &str = "2026-01-05T00:00:00Z";

#[test]
fn a_window_is_the_same_scenario_cut_by_hand() {
    let folder = tempfile::tempdir().expect("a folder");
    history(folder.path());
    let windows = "over = \"windows\"\nwindow = \"2d\"\nn = 5";
    let windows = built(&scenario(windows, MONDAY, 20, ["", ""]), folder.path());
    assert!(windows.is_random());
    assert_eq!(windows.overlap(4), None);
    assert_eq!(
        windows.overlap(5),
        Some(4),
        "the last of them begins before the fourth ends"
    );
    let comparison = flown(&windows, (20..25).collect());
    let mut all = Vec::new();
    // Five windows, from the first instant to the last job or request.
    let length = ["jobs.csv", "requests.csv"].map(|name| last(&folder.path().join(name)));
    let length = length[0].max(length[1]) + 1;
    for r in 0..5 {
        let from = r * (length - 172_800) / 4;
        let begins = moment(from);
        let cut = format!(", from = \"{from}s\", until = \"{}s\"", from + 172_800);
        let series = format!(", from = \"{from}s\"");
        let by_hand = scenario("n = 1", &begins, 20 + r, [&cut, &series]);
        let by_hand = flown(&built(&by_hand, folder.path()), vec![20 + r]);
        for policy in 0..2 {
            let (a, b) = (
                &comparison.flights[policy][usize::try_from(r).expect("few")],
                &by_hand.flights[policy][0],
            );
            assert_eq!(a.digests.decisions, b.digests.decisions, "window {r}");
            assert_eq!(a.metrics, b.metrics, "window {r}");
        }
        let completed = index("completed");
        for flights in &by_hand.flights {
            assert!(flights[0].metrics[completed] > Some(30.0), "window {r}");
        }
        all.push(by_hand.flights[0][0].digests.decisions);
    }
    all.dedup();
    assert_eq!(all.len(), 5, "windows differ");
}

/// The last instant of a table, in whole seconds.
fn last(path: &Path) -> u64 {
    let text = std::fs::read_to_string(path).expect("a table");
    let first = |line: &str| line.split([',', '.']).next()?.parse::<u64>().ok();
    text.lines().filter_map(first).max().expect("a row")
}

/// The moment `from` seconds after Monday, 5 January 2026.
fn moment(from: u64) -> String {
    let (day, second) = (5 + from / 86_400, from % 86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("2026-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[test]
fn blocks_are_other_histories_of_the_same_length_and_the_same_for_every_policy() {
    let folder = tempfile::tempdir().expect("a folder");
    history(folder.path());
    let blocks = "over = \"block-bootstrap\"\nwindow = \"1d\"\nn = 6";
    let blocks = built(&scenario(blocks, MONDAY, 3, ["", ""]), folder.path());
    let whole = built(&scenario("n = 1", MONDAY, 3, ["", ""]), folder.path());
    let known: Vec<u64> = whole
        .jobs(3)
        .expect("jobs")
        .jobs()
        .iter()
        .map(|job| job.work)
        .collect();
    let mut all = Vec::new();
    for seed in 3..9 {
        let jobs = blocks.jobs(seed).expect("jobs");
        let again = blocks.jobs(seed).expect("jobs");
        assert_eq!(jobs.jobs(), again.jobs());
        let (jobs, world) = (jobs.jobs(), jobs.world());
        // A job every ten minutes: as many on every day, whichever stands there.
        assert!(jobs.len().abs_diff(1440) <= 12, "{}", jobs.len());
        assert!(jobs.is_sorted_by_key(|job| job.arrival));
        assert!(jobs.iter().all(|job| known.contains(&job.work)));
        let prices = world.offerings[0].price.steps();
        assert!(prices.len() > 1000);
        all.push(jobs.iter().map(|job| job.arrival).collect::<Vec<_>>());
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6, "every replication has a history of its own");
}

#[test]
fn a_window_wider_than_the_history_and_windows_of_nothing_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    history(folder.path());
    let refused = |text: &str| {
        let roots = DataRoots::default();
        let loaded = parse("x.toml", text.as_bytes(), (folder.path(), &roots), &known);
        let Err(no) = Experiment::build(loaded.expect("sound")) else {
            panic!("it is built");
        };
        no.to_string()
    };
    let wide = "over = \"windows\"\nwindow = \"11d\"";
    let said = refused(&scenario(wide, MONDAY, 1, ["", ""]));
    assert!(
        said.contains("longer than the history in files, which is 9d"),
        "{said}"
    );
    let drawn = "name = \"x\"\n[replicate]\nover = \"windows\"\nwindow = \"1d\"\n\
        [[fleet]]\nname = \"f\"\ninstance = { gpus = 8, gpu = \"V100\" }\ncount = 200\n\
        [[workload]]\nname = \"w\"\nsynth = \"lublin\"\n[[policy]]\nname = \"p\"\norder = \"fifo\"\n";
    let said = refused(drawn);
    assert!(said.contains("no file holds a history"), "{said}");
}

const DRAWN: &str = r#"
name = "drawn"
[replicate]
n = 5
until = { metric = "jct_mean_s", precision = "PRECISION", at-most = 40 }
[[fleet]]
name = "f"
instance = { gpus = 8, gpu = "V100" }
price = "$1"
count = 2
[[workload]]
name = "w"
[workload.synth]
model = "parametric"
jobs = 60
arrivals = { kind = "poisson", per-hour = 40 }
durations = { kind = "lognormal", median = "20m", sigma = 1.0 }
gangs = [{ gpus = 1, weight = 6 }, { gpus = 8, weight = 1 }]
[[policy]]
name = "strict"
order = "fifo"
admit = "strict"
[[policy]]
name = "skip"
order = "fifo"
admit = "skip"
"#;

/// What `compare` answers, with more arguments.
fn compared(precision: &str, more: &[&str]) -> (serde_json::Value, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("drawn.toml");
    std::fs::write(&path, DRAWN.replace("PRECISION", precision)).expect("a file");
    let run = |format: &str| {
        let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
        command.current_dir(folder.path()).args([
            "compare",
            "drawn.toml",
            "--no-progress",
            "--format",
            format,
        ]);
        let output = command.args(more).output().expect("it runs");
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    (
        serde_json::from_str(&run("json")).expect("JSON"),
        run("text"),
    )
}

#[test]
fn it_flies_until_the_interval_is_as_narrow_as_was_asked_for() {
    let seeds = |json: &serde_json::Value| json["seeds"].as_array().expect("seeds").len();
    let half = |json: &serde_json::Value| {
        let (strict, skip) = (&json["policies"][0], &json["policies"][1]);
        let base = strict["metrics"]["jct_mean_s"]["mean"]
            .as_f64()
            .expect("a mean");
        skip["metrics"]["jct_mean_s"]["diff_half_width"]
            .as_f64()
            .expect("half")
            / base
    };
    let (coarse, _) = compared("60%", &[]);
    let (fine, told) = compared("12%", &[]);
    assert_eq!(seeds(&coarse), 5);
    assert!((6..40).contains(&seeds(&fine)), "{}", seeds(&fine));
    assert!(half(&coarse) > 0.12, "{}", half(&coarse));
    assert!(told.contains("12.000 % was asked for"), "{told}");
    let (most, told) = compared("0.1%", &[]);
    assert_eq!(seeds(&most), 40);
    assert!(
        told.contains("not as precise as was asked for after 40 replications"),
        "{told}"
    );
    // Whoever says how many gets as many.
    assert_eq!(seeds(&compared("0.1%", &["--replications", "7"]).0), 7);
}

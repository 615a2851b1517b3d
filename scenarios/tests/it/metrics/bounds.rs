//! How far from the best: bounds by hand, why there is none, and where they are shown.

use super::rig;

/// At $0.001 a second.
const FLEET: &str = r#"
name = "bounded"
seed = 1
[[fleet]]
name = "a"
instance = { gpus = 1, gpu = "V100" }
market = "on-demand"
price = "$3.60"
"#;

const JOBS: &str = r#"
[[workload]]
name = "jobs"
trace = { format = "csv", file = "jobs.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
"#;

const FIFO: &str = r#"
[[policy]]
name = "fifo"
order = "fifo"
buy = { kind = "queue-depth" }
"#;

const TWO: &str = "submit,duration,gpus\n0,100,1\n0,50,1\n";

fn run(jobs: &str, parts: &[&str]) -> serde_json::Value {
    let scenario = parts.concat();
    rig::run(&[("jobs.csv", jobs), ("bounded.toml", &scenario)])
}

#[track_caller]
fn is(run: &serde_json::Value, metrics: &[(&str, f64)]) {
    for (name, meant) in metrics {
        let found = run["metrics"][name].as_f64();
        let found = found.unwrap_or_else(|| panic!("no {name}: {}", run["bounds"]));
        assert!((found - meant).abs() < 1e-9, "{name}: {found}, not {meant}");
    }
}

fn lines(run: &serde_json::Value) -> Vec<&str> {
    let lines = run["bounds"].as_array().expect("a list").iter();
    lines.map(|line| line.as_str().expect("words")).collect()
}

#[test]
fn on_a_machine_that_is_always_paid_for_only_the_order_is_left_to_do_better() {
    let run = run(TWO, &[FLEET, "count = 1\n", JOBS, FIFO]);
    // The long one first: ends at 100 s and 150 s. Shortest first: at 50 s and 150 s.
    is(
        &run,
        &[
            ("jct_mean_s", 125.0),
            ("lower_bound_jct_mean_s", 100.0),
            ("gap_to_bound_jct", 0.2),
            ("makespan_s", 150.0),
            ("lower_bound_makespan_s", 150.0),
            ("gap_to_bound_makespan", 0.0),
            ("cost_usd", 0.15),
            ("lower_bound_cost_usd", 0.15),
            ("gap_to_bound", 0.0),
        ],
    );
    assert_eq!(
        lines(&run)[1..],
        [
            "lower bound of the mean JCT: SRPT on one machine",
            "lower bound of the makespan: capacity"
        ]
    );
}

#[test]
fn on_machines_that_are_rented_a_bound_knows_of_no_boot_and_no_idle_time() {
    let run = run(TWO, &[FLEET, "max = 2\nboot = \"50s\"\n", JOBS, FIFO]);
    // Both boot for 50 s and are held to 150 s, while 150 s of work would do.
    is(
        &run,
        &[
            ("cost_usd", 0.3),
            ("lower_bound_cost_usd", 0.15),
            ("gap_to_bound", 0.5),
            ("jct_mean_s", 125.0),
            ("lower_bound_jct_mean_s", 75.0),
            ("gap_to_bound_jct", 0.4),
            ("makespan_s", 150.0),
            ("lower_bound_makespan_s", 100.0),
        ],
    );
}

#[test]
fn what_is_paid_for_before_a_machine_is_taken_away_may_come_back() {
    let spot = "max = 1\nbilling = \"aws-spot\"\navailability = { steps = [[\"0s\", 1], [\"90s\", 0], [\"2h\", 1]] }\n";
    let kept = "checkpoint = { keep = \"all\" }\n";
    let one = "submit,duration,gpus\n0,100,1\n";
    let run = run(one, &[FLEET, spot, JOBS, kept, FIFO]);
    // Ninety seconds are free; ten are left, for which a whole minute is paid.
    is(
        &run,
        &[
            ("cost_usd", 0.06),
            ("lower_bound_cost_usd", 0.01),
            ("lower_bound_makespan_s", 7210.0),
            ("gap_to_bound_makespan", 0.0),
        ],
    );
}

#[test]
fn where_nothing_is_known_it_is_said_why() {
    let lifetimes =
        "max = 2\nbilling = \"aws-spot\"\nreclaim = { model = \"exponential\", mean = \"8h\" }\n";
    let reserved = "max = 2\n[[reservation]]\nname = \"r\"\ncovers = [\"a\"]\ncount = 1\nmarket = \"reserved\"\nfrom = \"0s\"\nterm = \"1d\"\nhourly = \"$1\"\n";
    let short = "max = 2\n[horizon]\nend = \"60s\"\n";
    let nothing = "max = 2\n[horizon]\nend = \"10s\"\n";
    let cases: [(&[&str], &str, usize, &str); 4] = [
        (
            &[FLEET, lifetimes, JOBS, FIFO],
            "no lower bound of the cost: machines taken back may be free of charge",
            0,
            "gap_to_bound",
        ),
        (
            &[FLEET, reserved, JOBS, FIFO],
            "no lower bound of the cost: commitments cover machines",
            0,
            "gap_to_bound",
        ),
        (
            &[FLEET, short, JOBS, FIFO],
            "no lower bound of the makespan: jobs were left undone",
            2,
            "gap_to_bound_makespan",
        ),
        (
            &[FLEET, nothing, JOBS, FIFO],
            "no lower bound of the mean JCT: no job was completed",
            1,
            "gap_to_bound_jct",
        ),
    ];
    for (parts, line, at, metric) in cases {
        let run = run(TWO, parts);
        assert_eq!(lines(&run)[at], line);
        assert!(run["metrics"][metric].is_null(), "{metric}: {line}");
    }
    let unasked = run(
        TWO,
        &[FLEET, "max = 2\n", JOBS, FIFO, "[output]\nbounds = false\n"],
    );
    assert!(lines(&unasked).is_empty());
    assert!(unasked["metrics"]["gap_to_bound"].is_null());
}

#[test]
fn a_comparison_shows_the_bound_in_table_words_and_figures() {
    let scenario = [FLEET, "max = 2\nboot = \"50s\"\n", JOBS, FIFO].concat();
    let folder = rig::folder(&[("jobs.csv", TWO), ("bounded.toml", &scenario)]);
    let said = rig::windtunnel(folder.path(), &["compare", "bounded.toml", "--out", "out"]);
    assert!(said.contains("cost gap %"), "{said}");
    let words = "Whoever completes the same jobs could save at most this much mean JCT: 40.0 % of fifo (lower bound: own time)";
    assert!(said.contains(words), "{said}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join("out").join(name));
    let read = |name: &str| read(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let bounds = read("bounds.csv");
    let makespan = "fifo,1,makespan_s,150,100,0.3333333333333333,critical path,";
    assert!(bounds.lines().any(|line| line == makespan), "{bounds}");
    assert!(read("figures/cost.svg").contains("lower bound"));
    assert_eq!(
        read("figures/jct-mean.csv"),
        "series,value,low,high,bound,baseline\r\nfifo,125,,,75,yes\r\n"
    );
    assert!(read("report.html").contains("The black line is a lower bound"));
}

/// Machines that boot for two minutes at $0.001 a second, and a request takes a GPU 20 s.
const SERVICE: &str = r#"
max = 40
boot = "2m"
[horizon]
end = "1d"
warmup = "2h"
[[service]]
name = "answers"
requests = { model = "diurnal", per-second = 0.3, amplitude = 0.9, peak-hour = 14 }
slo = { latency = "3m" }
"#;

const SET: &str = r#"
[[service.replicas]]
load = "30s"
initial = 12
max = 40
[[policy]]
name = "fixed"
replicas = { kind = "fixed", replicas = 14 }
buy = { kind = "queue-depth" }
[[policy]]
name = "hpa"
replicas = { kind = "hpa", target = 0.8, min = 1, max = 40 }
buy = { kind = "queue-depth" }
[[policy]]
name = "tracking"
replicas = { kind = "target-tracking", target = 0.8, min = 1, max = 40 }
buy = { kind = "queue-depth" }
"#;

#[test]
fn replicas_cost_no_less_than_clairvoyant_provisioning_and_a_good_scaler_less_than_twice_that() {
    let serving = "serving = { kind = \"batch\", mean = \"20s\", law = { erlang = 2 } }\n";
    let scenario = [FLEET, SERVICE, serving, SET].concat();
    let folder = rig::folder(&[("bounded.toml", &scenario)]);
    for seed in ["1", "2", "3"] {
        let mut gaps = Vec::new();
        for policy in ["fixed", "hpa", "tracking"] {
            let arguments = ["run", "bounded.toml", "--policy", policy, "--seed", seed];
            let said = rig::windtunnel(
                folder.path(),
                &[&arguments[..], &["--format", "json"]].concat(),
            );
            let run: serde_json::Value = serde_json::from_str(&said).expect("JSON");
            let metric = |name: &str| run["metrics"][name].as_f64().expect("a number");
            let (cost, bound) = (metric("cost_usd"), metric("lower_bound_cost_usd"));
            // The time at work, kept or not, is all that could not be saved.
            let work = cost * metric("gpu_utilization");
            assert!(bound <= cost, "{policy}: {bound} above {cost}");
            assert!(bound > 0.8 * work, "{policy}: {bound} of {work}");
            gaps.push(metric("gap_to_bound"));
            assert_eq!(
                lines(&run)[0],
                "lower bound of the cost: clairvoyant provisioning, given back at will"
            );
        }
        assert!(gaps[0] > gaps[2], "{gaps:?}");
        assert!(gaps[2] < 0.5, "{gaps:?}");
    }
}

#[test]
fn where_requests_depend_on_each_other_replicas_have_no_bound_and_it_is_said_why() {
    let batches = "serving = { kind = \"batch\", size = 4, mean = \"20s\" }\n";
    let answers = "serving = { kind = \"batch\", mean = \"20s\" }\ncache = { answers = 10, latency = \"1ms\" }\n";
    for (serving, why) in [
        (batches, "requests are served together"),
        (answers, "answers may be given again"),
    ] {
        let scenario = [FLEET, SERVICE, serving, SET].concat();
        let run = rig::run(&[("bounded.toml", &scenario)]);
        assert_eq!(lines(&run)[0], format!("no lower bound of the cost: {why}"));
        assert!(run["metrics"]["gap_to_bound"].is_null());
    }
}

//! What jobs are worth and what machines draw, by hand: three jobs on one machine, the last of which does not finish.

use std::collections::BTreeMap;

use super::rig;

const WORTH: &str = r#"
name = "worth"
seed = 1
[horizon]
end = "20h"
[output]
tables = ["jobs", "nodes"]
[[fleet]]
name = "a"
instance = { gpus = 8, gpu = "V100", watts = 3000 }
count = 1
market = "on-demand"
price = "$8"
[[workload]]
name = "flat"
trace = { format = "csv", file = "flat.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
value = "$100"
[[workload]]
name = "by-work"
trace = { format = "csv", file = "by-work.csv", columns = { submit = "submit", duration = "duration", gpus = "gpus" } }
value = { gpu-hour = "$0.50" }
[[policy]]
name = "p"
order = "fifo"
"#;

/// The scenario, and its jobs of 10, 5 and 10 hours of 8 GPUs.
fn files(scenario: &str) -> [(&str, &str); 3] {
    [
        ("flat.csv", "submit,duration,gpus\n0,36000,8\n"),
        (
            "by-work.csv",
            "submit,duration,gpus\n1,18000,8\n2,36000,8\n",
        ),
        ("worth.toml", scenario),
    ]
}

/// A run as JSON.
fn run(scenario: &str) -> serde_json::Value {
    rig::run(&files(scenario))
}

/// Some columns of a table of the run, row by row.
fn columns(scenario: &str, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let folder = rig::folder(&files(scenario));
    rig::windtunnel(folder.path(), &["run", "--out", ".", "worth.toml"]);
    let path = folder.path().join(format!("runs/base/p/1/{table}.csv"));
    let mut reader = csv::Reader::from_path(path).expect("a table");
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    let row = |row: Result<BTreeMap<String, String>, csv::Error>| {
        let row = row.expect("a row");
        let cells = columns.iter().map(|column| row[*column].clone());
        cells.collect()
    };
    rows.map(row).collect()
}

#[track_caller]
fn is(run: &serde_json::Value, metric: &str, value: f64) {
    let found = run["metrics"][metric].as_f64().unwrap_or(f64::NAN);
    assert!((found - value).abs() < 1e-12, "{metric}: {found}");
}

#[test]
fn a_run_earns_what_its_finished_jobs_are_worth_and_pays_the_whole_bill() {
    let whole = run(WORTH);
    is(&whole, "value_usd", 100.0 + 40.0 * 0.5);
    is(&whole, "roi", (120.0 - 160.0) / 160.0);
    // What finished in the warm-up counts as little as what was paid in it.
    let later = run(&WORTH.replace("end = \"20h\"", "end = \"20h\"\nwarmup = \"12h\""));
    is(&later, "value_usd", 20.0);
    is(&later, "roi", (20.0 - 64.0) / 64.0);
}

#[test]
fn a_job_that_did_not_finish_is_worth_nothing() {
    let told = columns(
        WORTH,
        "jobs",
        &["outcome", "cost_nanousd", "value_nanousd", "roi"],
    );
    let expected = [
        ["completed", "80000000000", "100000000000", "0.25"],
        ["completed", "40000000000", "20000000000", "-0.5"],
        ["unfinished", "40000000000", "0", "-1"],
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_job_is_worth_the_same_on_slow_machines_and_in_whole_steps() {
    let slow = WORTH.replace(
        "value = { gpu-hour",
        "course = { kind = \"stepwise\", step = \"7m\", rates = { V100 = 2.0 } }\nvalue = { gpu-hour",
    );
    // 43 steps of 7 minutes are 5 hours and a minute.
    is(
        &run(&slow),
        "value_usd",
        100.0 + 8.0 * 301.0 / 60.0 * 0.5 + 8.0 * 602.0 / 60.0 * 0.5,
    );
}

#[test]
fn a_return_needs_every_workload_to_say_what_its_jobs_are_worth() {
    let one = run(&WORTH.replace("value = \"$100\"\n", ""));
    is(&one, "value_usd", 20.0);
    assert!(one["metrics"]["roi"].is_null());
    let told = columns(
        &WORTH.replace("value = \"$100\"\n", ""),
        "jobs",
        &["value_nanousd", "roi"],
    );
    assert_eq!(told[0], ["", ""]);
    let zero = run(&WORTH.replace("value = \"$100\"", "value = \"$0\""));
    is(&zero, "roi", (20.0 - 160.0) / 160.0);
    let none = WORTH.replace("value = \"$100\"\n", "");
    let none = run(&none.replace("value = { gpu-hour = \"$0.50\" }\n", ""));
    assert!(none["metrics"]["value_usd"].is_null());
    // Nobody decides by it.
    assert_eq!(none["digests"], run(WORTH)["digests"]);
}

#[test]
fn machines_draw_their_rated_power_for_as_long_as_they_are_held() {
    is(&run(WORTH), "energy_kwh", 60.0);
    let later = WORTH.replace("end = \"20h\"", "end = \"20h\"\nwarmup = \"12h\"");
    is(&run(&later), "energy_kwh", 24.0);
    let nodes = columns(WORTH, "nodes", &["fleet", "watts", "energy_kwh"]);
    assert_eq!(nodes, [["a", "3000", "60"]]);
}

#[test]
fn energy_is_not_told_where_a_fleet_does_not_say_its_watts() {
    let unknown = WORTH.replace(", watts = 3000", "");
    assert!(run(&unknown)["metrics"]["energy_kwh"].is_null());
    let nodes = columns(&unknown, "nodes", &["watts", "energy_kwh"]);
    assert_eq!(nodes, [["", ""]]);
    // Who owns a machine knows what it draws.
    let owned = unknown.replace(
        "market = \"on-demand\"\nprice = \"$8\"",
        "market = \"owned\"\nownership = { capex = \"$1000\", months = 48, idle-watts = 500, busy-watts = 2000 }",
    );
    is(&run(&owned), "energy_kwh", 40.0);
    let catalogue = WORTH.replace(
        "instance = { gpus = 8, gpu = \"V100\", watts = 3000 }",
        "instance = \"aws/p3.16xlarge\"",
    );
    is(&run(&catalogue), "energy_kwh", 3.5 * 20.0);
}

//! Governance: what payers are shown adds up to the bill, and the figures agree with what a run tells otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

const SCENARIO: &str = "scenarios/library/spot-training.toml";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

fn done(arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command
        .current_dir(root())
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS");
    let output = command.args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let told = text(output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    text(output.stdout)
}

fn json(arguments: &[&str]) -> Value {
    let all = [arguments, &["--format", "json"]].concat();
    serde_json::from_str(&done(&all)).expect("JSON")
}

/// The policy that is neither the baseline nor the last.
fn policy() -> String {
    let text = std::fs::read_to_string(root().join(SCENARIO)).expect("a scenario");
    let policies = text.split("[[policy]]").skip(2);
    let named = policies.filter_map(|own| own.trim().strip_prefix("name = \"")?.split('"').next());
    named.map(str::to_owned).next().expect("a second policy")
}

fn kpi(kpis: &Value, name: &str) -> f64 {
    let all = kpis["kpis"].as_array().expect("figures");
    let found = all
        .iter()
        .find(|kpi| kpi["name"] == name)
        .expect("it is told");
    found["value"].as_f64().unwrap_or_else(|| panic!("{found}"))
}

#[test]
fn what_payers_are_shown_adds_up_to_the_bill_in_every_way_it_is_cut() {
    let out = tempfile::tempdir().expect("a folder");
    let policy = policy();
    done(&[
        "govern",
        SCENARIO,
        "--policy",
        &policy,
        "--out",
        &out.path().to_string_lossy(),
    ]);
    let run = json(&["run", SCENARIO, "--policy", &policy]);
    let lines = run["bill"].as_array().expect("lines");
    let amount = |line: &Value| {
        line["cost_nanousd"]
            .as_str()
            .and_then(|text| text.parse::<i128>().ok())
    };
    let bill: i128 = lines
        .iter()
        .map(|line| amount(line).expect("an amount"))
        .sum();
    let mut table = csv::Reader::from_path(out.path().join("showback.csv")).expect("a table");
    let mut sums: BTreeMap<(String, String), i128> = BTreeMap::new();
    let mut ends: BTreeMap<(String, String, String), u64> = BTreeMap::new();
    for row in table.records() {
        let row = row.expect("a row");
        let cell = |at: usize| row.get(at).expect("a cell").to_owned();
        let us = |at: usize| cell(at).parse::<u64>().expect("a time");
        *sums.entry((cell(0), cell(2))).or_default() += cell(5).parse::<i128>().expect("an amount");
        let key = (cell(0), cell(1), cell(2));
        assert!(us(3) < us(4), "a stretch has a length");
        assert!(
            ends.get(&key).is_none_or(|end| *end <= us(3)),
            "stretches do not overlap: {key:?}"
        );
        ends.insert(key, us(4));
    }
    assert_eq!(sums.len(), 15, "five dimensions by three stretches");
    for (cut, sum) in sums {
        assert_eq!(sum, bill, "{cut:?}");
    }
    for file in ["kpis.csv", "govern.md", "govern.html"] {
        let text = std::fs::read_to_string(out.path().join(file)).expect("a file");
        assert!(text.contains("attribution error"), "{file}");
    }
}

#[test]
fn the_figures_are_those_of_the_run() {
    let policy = policy();
    let kpis = json(&["govern", SCENARIO, "--policy", &policy]);
    let run = json(&["run", SCENARIO, "--policy", &policy]);
    let metric = |name: &str| {
        run["metrics"][name]
            .as_f64()
            .unwrap_or_else(|| panic!("{name}"))
    };
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0), "{a} and {b}");
    assert!(kpi(&kpis, "attribution error").abs() < 1e-12);
    close(kpi(&kpis, "spend"), metric("cost_usd"));
    close(kpi(&kpis, "scheduling latency p50"), metric("wait_p50_s"));
    let least = metric("cost_idle_usd") + metric("cost_boot_usd") + metric("cost_lost_work_usd");
    assert!(kpi(&kpis, "waste") >= least * (1.0 - 1e-9));
    let share = kpi(&kpis, "spot share");
    close(share, 100.0 * metric("cost_spot_usd") / metric("cost_usd"));
    assert!(share > 0.0, "this policy buys spot");
    assert!(kpi(&kpis, "reclaim reaction p50") <= kpi(&kpis, "reclaim reaction p95"));
}

#[test]
fn the_baseline_recovers_nothing_of_its_own_waste() {
    let kpis = json(&["govern", SCENARIO]);
    assert!(kpi(&kpis, "waste recovered").abs() < 1e-12);
}

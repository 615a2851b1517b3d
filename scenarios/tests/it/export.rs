//! Exports: what other tools read is what the run did.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// What a command about a run prints; `las` stops jobs and goes on with them.
fn ran(command: &[&str], rest: &[&str]) -> String {
    let mut windtunnel = Command::cargo_bin("windtunnel").expect("the binary is built");
    windtunnel.current_dir(root()).args(command);
    windtunnel.args(["scenarios/library/quickstart.toml", "--policy", "las"]);
    let output = windtunnel.args(rest).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

type Table = Vec<BTreeMap<String, String>>;

fn rows(csv: &str) -> Table {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader
        .deserialize()
        .map(|row| row.expect("a row"))
        .collect()
}

/// Seconds with six decimals, in microseconds.
fn us(seconds: &str) -> u64 {
    let (whole, rest) = seconds.split_once('.').unwrap_or((seconds, ""));
    format!("{whole}{rest:0<6}").parse().expect("a time")
}

#[test]
fn batsim_tells_every_attempt_and_no_gpu_is_held_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_string_lossy().into_owned();
    ran(&["run"], &["--out", &out, "--quiet"]);
    let jobs = folder.path().join("runs/base/las/1/jobs.csv");
    let jobs = rows(&std::fs::read_to_string(jobs).expect("a table of jobs"));
    let csv = ran(&["export", "--as", "batsim"], &[]);
    let head = "job_id,workload_name,profile,submission_time,requested_number_of_resources,requested_time,success,\
                final_state,starting_time,execution_time,finish_time,waiting_time,turnaround_time,stretch,\
                allocated_resources,consumed_energy,metadata\r\n";
    assert!(csv.starts_with(head), "{}", &csv[..head.len()]);
    let schedule = rows(&csv);
    let mut attempts: BTreeMap<&str, Vec<&BTreeMap<String, String>>> = BTreeMap::new();
    for row in &schedule {
        let job = row["job_id"].split('#').next().expect("a number");
        attempts.entry(job).or_default().push(row);
    }
    assert!(
        schedule.len() > jobs.len(),
        "some jobs are stopped and go on"
    );
    for job in &jobs {
        let own = &attempts[job["job"].as_str()];
        assert_eq!(own.len().to_string(), job["attempts"]);
        let (first, last) = (own[0], own[own.len() - 1]);
        assert_eq!(us(&first["submission_time"]).to_string(), job["submit_us"]);
        assert_eq!(us(&first["starting_time"]).to_string(), job["start_us"]);
        assert_eq!(us(&last["finish_time"]).to_string(), job["finish_us"]);
        let done = own.iter().filter(|row| row["success"] == "1").count();
        assert_eq!(
            (done, last["final_state"].as_str()),
            (1, "COMPLETED_SUCCESSFULLY")
        );
        let ran: u64 = own.iter().map(|row| us(&row["execution_time"])).sum();
        assert_eq!(ran.to_string(), job["run_us"]);
    }
    hold_one_at_a_time(&schedule);
}

fn hold_one_at_a_time(schedule: &Table) {
    let mut held: BTreeMap<u32, Vec<(u64, u64)>> = BTreeMap::new();
    for row in schedule {
        let span = (us(&row["starting_time"]), us(&row["finish_time"]));
        let mut count = 0;
        for run in row["allocated_resources"].split(' ') {
            let (first, last) = run.split_once('-').unwrap_or((run, run));
            let number = |text: &str| text.parse::<u32>().expect("a number");
            for gpu in number(first)..=number(last) {
                held.entry(gpu).or_default().push(span);
                count += 1;
            }
        }
        assert_eq!(count.to_string(), row["requested_number_of_resources"]);
    }
    for spans in held.values_mut() {
        spans.sort_unstable();
        assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    }
}

/// The end of a run cuts: some jobs are at work then, and some wait.
const CUT: [&str; 2] = ["--set", "horizon.end=\"30h\""];

#[test]
fn what_is_under_way_when_the_run_ends_is_told_up_to_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().to_string_lossy().into_owned();
    ran(&["run"], &[&CUT[..], &["--out", &out, "--quiet"]].concat());
    let jobs = folder.path().join("runs/base/las/1/jobs.csv");
    let jobs = rows(&std::fs::read_to_string(jobs).expect("a table of jobs"));
    let schedule = rows(&ran(&["export", "--as", "batsim"], &CUT));
    let end: u64 = 30 * 3600 * 1_000_000;
    let of = |job: &str| {
        let own = |row: &&BTreeMap<String, String>| row["job_id"].split('#').next() == Some(job);
        schedule.iter().filter(own).collect::<Vec<_>>()
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for job in &jobs {
        let own = of(&job["job"]);
        let state = own[own.len() - 1]["final_state"].as_str();
        *counts.entry(state).or_default() += 1;
        let started: Vec<_> = own
            .iter()
            .filter(|row| row["starting_time"] != "-1")
            .collect();
        assert_eq!(started.len().to_string(), job["attempts"]);
        let ran: u64 = started.iter().map(|row| us(&row["execution_time"])).sum();
        assert_eq!(ran.to_string(), job["run_us"]);
        let last = own[own.len() - 1];
        match (job["outcome"].as_str(), state) {
            ("completed", "COMPLETED_SUCCESSFULLY") => {}
            ("unfinished", "RUNNING") => assert_eq!(us(&last["finish_time"]), end),
            ("unfinished", "SUBMITTED") => assert_eq!(own.len(), started.len() + 1),
            other => panic!("{other:?}: {own:?}"),
        }
    }
    assert_eq!(
        schedule
            .iter()
            .filter(|row| row["final_state"] == "RUNNING")
            .count(),
        counts["RUNNING"]
    );
    assert!(counts["SUBMITTED"] > 0, "{counts:?}");
    let started = schedule
        .iter()
        .filter(|row| row["final_state"] != "SUBMITTED");
    hold_one_at_a_time(&started.cloned().collect());
    let trace: serde_json::Value =
        serde_json::from_str(&ran(&["export", "--as", "perfetto"], &CUT)).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("events");
    let running = events
        .iter()
        .filter(|event| event["args"]["stopped"] == "running" && event["name"] != "set up");
    let running: std::collections::BTreeSet<u64> = running
        .map(|event| {
            let number = |key: &str| event[key].as_u64().expect("a number");
            assert_eq!(number("ts") + number("dur"), end);
            event["args"]["job"].as_u64().expect("a job")
        })
        .collect();
    assert_eq!(running.len(), counts["RUNNING"]);
}

#[test]
fn every_seed_of_a_comparison_has_its_table_of_decisions() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut windtunnel = Command::cargo_bin("windtunnel").expect("the binary is built");
    windtunnel
        .current_dir(root())
        .args(["compare", "scenarios/library/quickstart.toml"]);
    windtunnel.args([
        "--replications",
        "2",
        "--quiet",
        "--set",
        "output.tables=[\"jobs\", \"decisions\"]",
    ]);
    windtunnel.args(CUT).arg("--out").arg(folder.path());
    assert!(windtunnel.output().expect("it runs").status.success());
    for seed in ["1", "2"] {
        let read = |table: &str| {
            let file = folder
                .path()
                .join(format!("runs/base/las/{seed}/{table}.csv"));
            rows(&std::fs::read_to_string(file).expect("a table"))
        };
        let number =
            |row: &BTreeMap<String, String>, key: &str| row[key].parse::<u64>().expect("a number");
        // A stay has a row a machine.
        let mut stays: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        for row in read("decisions") {
            let start = number(&row, "start_us");
            stays.insert(
                (number(&row, "job"), start),
                number(&row, "stop_us") - start,
            );
        }
        for job in read("jobs") {
            let own = stays.range((number(&job, "job"), 0)..=(number(&job, "job"), u64::MAX));
            let ran: u64 = own.map(|(_, length)| length).sum();
            assert_eq!(ran, number(&job, "run_us"), "seed {seed}: {job:?}");
        }
    }
}

#[test]
fn a_trace_of_events_has_slices_within_each_other_and_counters() {
    let text = ran(&["export", "--as", "perfetto"], &[]);
    let trace: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(trace["otherData"]["policy"], "las");
    let mut threads: BTreeMap<(u64, u64), Vec<(u64, u64)>> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for event in trace["traceEvents"].as_array().expect("events") {
        let number = |key: &str| event[key].as_u64().expect("a number");
        let kind = event["ph"].as_str().expect("a phase");
        assert!(event["name"].is_string(), "{event}");
        *counts.entry(kind).or_default() += 1;
        let thread = (number("pid"), number("tid"));
        match kind {
            "M" => assert!(event["args"]["name"].is_string(), "{event}"),
            "X" => {
                let (from, length) = (number("ts"), number("dur"));
                threads
                    .entry(thread)
                    .or_default()
                    .push((from, from + length));
            }
            "i" => assert_eq!((number("ts") > 0, &event["s"]), (true, &"t".into())),
            "C" => assert!(
                event["args"]
                    .as_object()
                    .is_some_and(|args| !args.is_empty())
            ),
            other => panic!("{other}"),
        }
    }
    assert!(["M", "X", "C"].iter().all(|kind| counts[kind] > 0));
    for slices in threads.values_mut() {
        slices.sort_by_key(|(from, until)| (*from, std::cmp::Reverse(*until)));
        let mut open: Vec<u64> = Vec::new();
        for (from, until) in slices {
            while open.last().is_some_and(|end| *end <= *from) {
                open.pop();
            }
            assert!(open.last().is_none_or(|end| *until <= *end));
            open.push(*until);
        }
    }
}

#[test]
fn a_comparison_leaves_its_table_for_papers_and_pages() {
    let out = tempfile::tempdir().expect("a folder");
    let mut windtunnel = Command::cargo_bin("windtunnel").expect("the binary is built");
    let arguments = [
        "compare",
        "scenarios/library/quickstart.toml",
        "--replications",
        "2",
    ];
    windtunnel
        .current_dir(root())
        .args(arguments)
        .arg("--quiet");
    let output = windtunnel.arg("--out").arg(out.path()).output();
    assert!(output.expect("it runs").status.success());
    let read = |name: &str| std::fs::read_to_string(out.path().join(name)).expect("written");
    let latex = read("table.tex");
    assert!(latex.starts_with("\\begin{tabular}{@{}l"), "{latex}");
    assert!(
        latex.contains("cost \\$ & ") && latex.contains(" $\\pm$ "),
        "{latex}"
    );
    assert!(read("table.md").starts_with("| policy | cost \\$ |"));
    let figure: serde_json::Value =
        serde_json::from_str(&read("figures/cost.vl.json")).expect("JSON");
    assert_eq!(figure["data"]["values"], read("figures/cost.csv"));
}

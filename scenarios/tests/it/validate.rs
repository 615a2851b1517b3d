//! How far a replay is to be trusted: known errors are planted in an observed schedule, and told within their intervals.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use sim_core::world::draw::Stream;

const QUICKSTART: &str = "scenarios/library/quickstart.toml";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// What a command printed on stdout and stderr, and how it exited.
fn ran(arguments: &[&str]) -> (String, String, i32) {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command
        .current_dir(root())
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS");
    let output = command.args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        text(output.stdout),
        text(output.stderr),
        output.status.code().unwrap_or(-1),
    )
}

/// Name, submission, start, end and cost.
type Row = (String, u64, Option<u64>, Option<u64>, u64);

/// The schedule of a run, row by row.
struct Schedule {
    rows: Vec<Row>,
}

impl Schedule {
    fn of_a_run(folder: &Path) -> Self {
        let out = folder.join("run");
        let shown = out.to_string_lossy();
        let (_, told, code) = ran(&["run", QUICKSTART, "--policy", "easy", "--out", &shown]);
        assert_eq!(code, 0, "{told}");
        let mut table =
            csv::Reader::from_path(out.join("runs/base/easy/1/jobs.csv")).expect("a table");
        let header = table.headers().expect("a header").clone();
        let at = |name: &str| header.iter().position(|own| own == name).expect("a column");
        let columns = ["name", "submit_us", "start_us", "finish_us", "cost_nanousd"].map(at);
        let rows = table.records().map(|row| {
            let row = row.expect("a row");
            let cell = |at: usize| row.get(columns[at]).expect("a cell").to_owned();
            let us = |at: usize| cell(at).parse::<u64>().ok();
            (
                cell(0),
                us(1).expect("a time"),
                us(2),
                us(3),
                us(4).expect("a cost"),
            )
        });
        Self {
            rows: rows.collect(),
        }
    }

    /// The errors that `validate` tells of this schedule after `bend`.
    fn told(&self, folder: &Path, bend: impl FnMut(u64, u64, u64) -> (u64, u64)) -> Vec<Value> {
        let path = self.write(folder, bend);
        let shown = path.to_string_lossy();
        let out = folder.join("trust");
        let (said, told, code) = ran(&[
            "validate",
            QUICKSTART,
            "--policy",
            "easy",
            "--observed",
            &shown,
            "--format",
            "json",
            "--out",
            &out.to_string_lossy(),
        ]);
        assert_eq!(code, 0, "{told}");
        for file in ["validate.csv", "validate-jobs.csv"] {
            assert!(out.join(file).is_file(), "{file}");
        }
        let all: Value = serde_json::from_str(&said).expect("JSON");
        assert_eq!(
            (&all["only_observed"], &all["only_simulated"]),
            (&0.into(), &0.into())
        );
        all["errors"].as_array().expect("errors").clone()
    }

    fn write(&self, folder: &Path, mut bend: impl FnMut(u64, u64, u64) -> (u64, u64)) -> PathBuf {
        let mut text = String::from("job,submit_us,start_us,finish_us,cost_nanousd\n");
        for (name, submit, start, finish, cost) in &self.rows {
            let bent = start
                .zip(*finish)
                .map(|(start, finish)| bend(*submit, start, finish));
            let us = |at: Option<u64>| at.map_or(String::new(), |at| at.to_string());
            let (start, finish) = (us(bent.map(|bent| bent.0)), us(bent.map(|bent| bent.1)));
            writeln!(text, "{name},{submit},{start},{finish},{cost}")
                .expect("a text takes any text");
        }
        let path = folder.join("observed.csv");
        fs::write(&path, text).expect("a file");
        path
    }
}

fn ends(errors: &[Value], quantity: &str, kind: &str) -> (f64, f64, f64) {
    let error = errors
        .iter()
        .find(|error| error["quantity"] == quantity)
        .expect("it is told");
    let ends = &error[kind];
    let at = |at: usize| ends[at].as_f64().unwrap_or_else(|| panic!("{error}"));
    (at(0), at(1), at(2))
}

#[test]
fn a_run_beside_itself_has_no_error_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let schedule = Schedule::of_a_run(folder.path());
    let errors = schedule.told(folder.path(), |_, start, finish| (start, finish));
    for quantity in [
        "mean wait s",
        "p99 wait s",
        "mean JCT s",
        "p50 JCT s",
        "bill $",
    ] {
        assert_eq!(
            ends(&errors, quantity, "error_low_mid_high"),
            (0.0, 0.0, 0.0),
            "{quantity}"
        );
    }
    let (low, mid, high) = ends(&errors, "utilization %", "error_low_mid_high");
    assert!(
        low.abs() < 1e-9 && mid.abs() < 1e-9 && high.abs() < 1e-9,
        "{low} {mid} {high}"
    );
}

#[test]
fn a_tenth_more_time_with_noise_is_told_within_its_interval() {
    let folder = tempfile::tempdir().expect("a folder");
    let schedule = Schedule::of_a_run(folder.path());
    let mut draw = Stream::new(11, &["noise".into()]);
    let errors = schedule.told(folder.path(), |submit, start, finish| {
        let jct = sim_core::units::convert::real(finish - submit);
        let longer = jct * 1.1 * (1.0 + 0.1 * draw.normal());
        let finish = submit + sim_core::units::convert::floor(longer + 0.5);
        (start, finish.max(start))
    });
    let (low, mid, high) = ends(&errors, "mean JCT s", "relative_low_mid_high");
    let truth = 1.0 / 1.1 - 1.0;
    assert!(
        low <= truth && truth <= high,
        "{low} to {high}, in truth {truth}"
    );
    assert!(
        (mid - truth).abs() < 0.02 && high - low < 0.05,
        "{low} {mid} {high}"
    );
    // Waits were left alone.
    assert_eq!(
        ends(&errors, "mean wait s", "error_low_mid_high"),
        (0.0, 0.0, 0.0)
    );
}

#[test]
fn a_minute_that_every_start_was_late_is_told_to_the_microsecond() {
    let folder = tempfile::tempdir().expect("a folder");
    let schedule = Schedule::of_a_run(folder.path());
    let late = 60_000_000;
    let errors = schedule.told(folder.path(), |_, start, finish| {
        (start + late, finish + late)
    });
    for quantity in ["mean wait s", "mean JCT s", "p50 wait s", "p90 JCT s"] {
        let (low, mid, high) = ends(&errors, quantity, "error_low_mid_high");
        for own in [low, mid, high] {
            assert!((own + 60.0).abs() < 1e-6, "{quantity}: {low} {mid} {high}");
        }
    }
}

#[test]
fn what_is_off_by_more_than_is_allowed_fails_and_bad_tables_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let schedule = Schedule::of_a_run(folder.path());
    let path = schedule.write(folder.path(), |submit, start, finish| {
        (start, submit + 2 * (finish - submit))
    });
    let shown = path.to_string_lossy().into_owned();
    let validate = |file: &str, within: &str| {
        ran(&[
            "validate",
            QUICKSTART,
            "--policy",
            "easy",
            "--observed",
            file,
            "--within",
            within,
        ])
    };
    let (said, told, code) = validate(&shown, "0.1");
    assert_eq!(code, 1, "{said}{told}");
    assert!(
        told.contains("mean JCT s is off by more than --within"),
        "{told}"
    );
    assert_eq!(validate(&shown, "2").2, 0);
    assert_eq!(validate(&shown, "-1").2, 2);
    let bad = folder.path().join("bad.csv");
    fs::write(&bad, "job,submit_us,start_us,finish_us\na,5,4,6\n").expect("a file");
    let (_, told, code) = validate(&bad.to_string_lossy(), "0.1");
    assert_eq!(code, 2);
    assert!(
        told.contains("bad.csv:2: start_us: a job is submitted, starts and ends in this order"),
        "{told}"
    );
    fs::write(&bad, "job,submit_us,start_us,finish_us\nnobody,5,5,6\n").expect("a file");
    assert!(
        validate(&bad.to_string_lossy(), "0.1")
            .1
            .contains("is in the scenario")
    );
    assert_eq!(validate("nowhere.csv", "0.1").2, 3);
}

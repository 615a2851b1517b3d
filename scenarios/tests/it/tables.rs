//! Tables in both forms: the same rows, the same columns, the same bytes every time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;

use super::small::SMALL;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// Runs a command that leaves its tables in `out`, in a form.
fn ran(arguments: &[&str], out: &Path, form: &str) {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    command.current_dir(root()).args(arguments);
    command.args([
        "--quiet",
        "--no-progress",
        "--threads",
        "1",
        "--tables",
        form,
    ]);
    let output = command.arg("--out").arg(out).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.is_empty(), "{told}");
}

/// The tables of a folder, without the endings of their names.
fn tables(folder: &Path, form: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.extend((!path.ends_with("figures")).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == form) {
                found.push(
                    path.strip_prefix(folder)
                        .expect("inside")
                        .with_extension(""),
                );
            }
        }
    }
    found.sort();
    found
}

/// A field as CSV has it.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the many types of the format our tables have these"
)]
fn printed(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Bool(flag) => flag.to_string(),
        Field::Long(whole) => whole.to_string(),
        Field::Double(value) => value.to_string(),
        Field::Decimal(decimal) => {
            let bytes = decimal.data().try_into().expect("16 bytes");
            let scale = usize::try_from(decimal.scale()).expect("small");
            let unscaled = i128::from_be_bytes(bytes);
            let (sign, size) = (if unscaled < 0 { "-" } else { "" }, unscaled.unsigned_abs());
            let one = 10_u128.pow(u32::try_from(scale).expect("small"));
            let digits = format!("{sign}{}.{:0scale$}", size / one, size % one);
            digits
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        }
        other => panic!("{other:?}"),
    }
}

fn of_parquet(path: &Path) -> Vec<Vec<String>> {
    let reader = SerializedFileReader::new(File::open(path).expect("a file")).expect("Parquet");
    let schema = reader.metadata().file_metadata().schema();
    let head = schema.get_fields().iter().map(|own| own.name().to_owned());
    let mut rows = vec![head.collect::<Vec<_>>()];
    for row in reader.get_row_iter(None).expect("rows") {
        let row = row.expect("a row");
        rows.push(
            row.get_column_iter()
                .map(|(_, field)| printed(field))
                .collect(),
        );
    }
    rows
}

fn of_csv(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).from_path(path);
    let records = reader.expect("CSV").into_records();
    let row = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    records.map(|record| row(record.expect("a row"))).collect()
}

/// Both forms of what a command leaves hold the same; returns the names of the tables.
fn agree(arguments: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let [text, columns, again] = ["text", "columns", "again"].map(|name| folder.path().join(name));
    ran(arguments, &text, "csv");
    ran(arguments, &columns, "parquet");
    ran(arguments, &again, "parquet");
    let names = tables(&text, "csv");
    assert_eq!(names, tables(&columns, "parquet"));
    for name in &names {
        let file = columns.join(name).with_extension("parquet");
        let rows = of_csv(&text.join(name).with_extension("csv"));
        assert_eq!(rows, of_parquet(&file), "{}", name.display());
        let bytes = |path: &Path| fs::read(path).expect("a file");
        let other = again.join(name).with_extension("parquet");
        assert!(bytes(&file) == bytes(&other), "{}", name.display());
    }
    let last = |name: &PathBuf| {
        name.file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    names.iter().map(last).collect()
}

const TABLES: &str = "output.tables=[\"jobs\", \"nodes\", \"timeline\", \"decisions\", \"bill\", \"attribution\", \"spend\"]";

#[test]
fn a_run_leaves_the_same_tables_in_both_forms() {
    let run = [
        "run",
        "scenarios/library/quickstart.toml",
        "--policy",
        "easy",
        "--set",
        TABLES,
    ];
    let names = agree(&run);
    let all = [
        "attribution",
        "bill",
        "decisions",
        "jobs",
        "nodes",
        "spend",
        "timeline",
    ];
    assert_eq!(names, all);
}

#[test]
fn a_comparison_leaves_the_same_tables_in_both_forms() {
    let compare = [
        "compare",
        "scenarios/library/quickstart.toml",
        "--replications",
        "2",
    ];
    let names = agree(&[&compare[..], &["--policies", "easy"]].concat());
    for name in ["cells", "runs", "summary"] {
        assert!(names.iter().any(|own| own == name), "{name}");
    }
}

/// Cells over a key of numbers and one of times.
const SOBOL: &str = r#"
[sweep]
method = "sobol"
n = 4
[sweep.over]
"fleet.f.count" = { from = 1, to = 9 }
"fleet.f.boot" = { from = "1m", to = "30m" }
"#;

#[test]
fn a_merge_leaves_the_same_tables_in_both_forms_however_it_was_sharded() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("s.toml"), SMALL.to_owned() + SOBOL).expect("written");
    let sweep = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
        let command = command.current_dir(folder.path()).arg("sweep");
        command.args(arguments).assert().success();
    };
    sweep(&["run", "s.toml", "--quiet", "--out", "whole"]);
    for shard in ["1/3", "2/3", "3/3"] {
        let out = format!("part-{}", &shard[..1]);
        sweep(&["run", "s.toml", "--quiet", "--out", &out, "--shard", shard]);
    }
    let parts = ["part-1", "part-2", "part-3"];
    sweep(&["merge", "whole", "--out", "text"]);
    sweep(&["merge", "whole", "--out", "columns", "--tables", "parquet"]);
    let sharded = ["merge", "--out", "sharded", "--tables", "parquet"];
    sweep(&[&sharded[..], &parts].concat());
    let names = tables(&at("columns"), "parquet");
    let all = [
        "cells",
        "main-effects",
        "pareto",
        "ranks",
        "runs",
        "sobol-indices",
        "summary",
    ];
    assert_eq!(names, all.map(PathBuf::from));
    assert_eq!(names, tables(&at("text"), "csv"));
    for name in &names {
        let file = at("columns").join(name).with_extension("parquet");
        let rows = of_csv(&at("text").join(name).with_extension("csv"));
        assert!(rows.len() > 1, "{}", name.display());
        assert_eq!(rows, of_parquet(&file), "{}", name.display());
        let other = at("sharded").join(name).with_extension("parquet");
        let bytes = |path: &Path| fs::read(path).expect("a file");
        assert!(bytes(&file) == bytes(&other), "{}", name.display());
    }
}

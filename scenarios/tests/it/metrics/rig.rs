//! The rig: a folder with a scenario and its jobs, flown there.

use std::path::Path;

use assert_cmd::Command;

/// A folder with these files, by name.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

/// What the command prints in a folder.
pub(crate) fn windtunnel(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("windtunnel").expect("the binary is built");
    let output = command.current_dir(folder).args(arguments).output();
    let output = output.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A run, as JSON, of the scenario among the files, which comes last.
pub(crate) fn run(files: &[(&str, &str)]) -> serde_json::Value {
    let (scenario, _) = files.last().expect("a scenario");
    let folder = folder(files);
    let said = windtunnel(folder.path(), &["run", "--format", "json", scenario]);
    serde_json::from_str(&said).expect("JSON")
}

#[track_caller]
pub(crate) fn is_near(found: f64, meant: f64) {
    assert!((found - meant).abs() < 1e-9, "{found} is not {meant}");
}

//! The hostile corpus: each `hostile/NAME.toml` is refused with exactly the messages of `NAME.txt`.
//!
//! With `UPDATE_EXPECT=1` the messages are written, to be read before they are committed.

use std::fs;
use std::path::{Path, PathBuf};

use scenarios::schema::{DataRoots, parse};

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let entries = fs::read_dir(folder).expect("the corpus is there");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let scenario = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml");
    let mut paths: Vec<_> = paths.filter(scenario).collect();
    paths.sort();
    paths
}

/// What is said of a scenario: one line for each reason.
fn said(name: &str, text: &[u8], folder: &Path) -> String {
    match parse(name, text, (folder, &DataRoots::default()), &|_| None) {
        Ok(_) => "accepted\n".into(),
        Err(rejection) => {
            assert!(!rejection.to_string().contains('\u{1b}'), "{name}");
            rejection.lines()
        }
    }
}

#[test]
fn every_hostile_scenario_is_refused_with_its_message() {
    let mut wrong = Vec::new();
    let paths = corpus();
    for path in &paths {
        let name = path.file_name().expect("a file").to_string_lossy();
        let text = fs::read(path).expect("a readable file");
        let folder = path.parent().expect("a folder");
        let said = said(&name, &text, folder);
        if said == "accepted\n" {
            wrong.push(format!("{name} is accepted"));
        }
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&expected, &said).expect("a writable folder");
        }
        let expected = fs::read_to_string(expected).unwrap_or_default();
        if said != expected {
            wrong.push(format!("{name}\nexpected:\n{expected}said:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(paths.len() >= 70, "{}", paths.len());
}

#[test]
fn no_prefix_of_a_hostile_scenario_panics() {
    for path in corpus() {
        let text = fs::read(&path).expect("a readable file");
        let folder = path.parent().expect("a folder");
        for end in (0..text.len()).step_by(text.len() / 100 + 1) {
            said("x.toml", &text[..end], folder);
        }
    }
}

#[test]
fn what_exceeds_the_largest_scenario_is_not_parsed() {
    let text = "#\n".repeat(600_000);
    let said = said("x.toml", text.as_bytes(), ".".as_ref());
    assert_eq!(
        said,
        "x.toml:1:1: larger than 1 MiB; move data into files of its own\n"
    );
}

#[test]
fn thousands_of_errors_are_counted_and_the_first_hundred_shown() {
    let lines: Vec<_> = (0..9_000).map(|key| format!("k{key} = 1\n")).collect();
    let text = lines.concat();
    let rejection = parse(
        "x.toml",
        text.as_bytes(),
        (".".as_ref(), &DataRoots::default()),
        &|_| None,
    );
    let shown = rejection.expect_err("unknown keys").to_string();
    assert!(shown.ends_with("9004 errors, the first 100 shown\n"));
}

#[test]
fn a_table_of_endless_keys_is_refused_as_one() {
    let lines: Vec<_> = (0..80_000).map(|key| format!("k{key} = 1\n")).collect();
    let said = said("x.toml", lines.concat().as_bytes(), ".".as_ref());
    assert_eq!(
        said,
        "x.toml:1:1: 80000 entries, more than 10000; split the scenario\n"
    );
}

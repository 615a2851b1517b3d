//! The architecture invariants of the crate's tour, as far as a search can check them.

use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder of sources");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// The code of a file, its tests apart.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source file");
    let code = text.split("#[cfg(test)]").next();
    code.expect("split gives at least one part").to_owned()
}

#[test]
fn nothing_opens_a_file_prints_or_asks_the_machine() {
    let banned = [
        "std::fs",
        "File::",
        "std::env",
        "std::process",
        "std::thread",
        "std::time",
        "println!",
        "dbg!",
        "HashMap",
        "HashSet",
        ".unwrap()",
        "panic!",
        "unsafe",
    ];
    for path in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let code = code(&path);
        for word in banned {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn every_line_ends_in_time_and_every_file_is_short() {
    for path in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let code = code(&path);
        assert!(code.lines().count() <= 500, "{}", path.display());
        let long = code.lines().position(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{}", path.display());
    }
}

#[test]
fn the_floors_import_only_what_lies_below() {
    // What each room may name of this crate.
    let rooms = [
        ("reader/", &["error", "record", "reader"][..]),
        // A format that tells of a whole cluster is read next door.
        (
            "import/",
            &["error", "record", "reader", "import", "cluster"],
        ),
        (
            "cluster/",
            &["error", "record", "reader", "import", "export", "cluster"],
        ),
        (
            "series/",
            &["error", "record", "reader", "import", "series"],
        ),
        ("lint/", &["record", "fleet", "lint"]),
        ("synth/", &["record", "synth"]),
    ];
    for path in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let shown = path.display().to_string();
        let Some((_, allowed)) = rooms
            .iter()
            .find(|(room, _)| shown.contains(&format!("src/{room}")))
        else {
            continue;
        };
        for line in code(&path).lines() {
            if let Some(rest) = line.trim().strip_prefix("use crate::") {
                assert!(
                    allowed.iter().any(|room| rest.starts_with(room)),
                    "{shown}: {line}"
                );
            }
        }
    }
}

//! A floor of the crate imports only from the floors below it.

use std::fs;
use std::path::{Path, PathBuf};

/// Each floor and what it must not name, from the ground up; `report` may name them all.
const FLOORS: [(&str, &[&str]); 4] = [
    (
        "ink",
        &[
            "crate::figure",
            "crate::table",
            "crate::report",
            "Drawing;",
            "crate::tidy",
        ],
    ),
    (
        "drawing.rs",
        &[
            "crate::figure",
            "crate::table",
            "crate::report",
            "crate::tidy",
        ],
    ),
    ("figure", &["crate::table", "crate::report"]),
    (
        "table",
        &[
            "crate::figure",
            "crate::report",
            "crate::ink",
            "crate::Drawing",
        ],
    ),
];

fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).expect("a folder of the crate");
    entries
        .flat_map(|entry| sources(&entry.expect("an entry").path()))
        .collect()
}

#[test]
fn floors_import_only_from_below() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (floor, above) in FLOORS {
        for file in sources(&src.join(floor)) {
            let text = fs::read_to_string(&file).expect("a source file");
            for name in above {
                assert!(!text.contains(name), "{} names {name}", file.display());
            }
        }
    }
}

//! The house is kept: who may depend on whom, how long a file may be, what is never written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// Who may use whom, from the bottom up.
const FLOORS: [(&str, &[&str]); 6] = [
    ("sim-core", &[]),
    ("policies", &["sim-core"]),
    ("traces", &["sim-core"]),
    ("plots", &[]),
    ("scenarios", &["sim-core", "policies", "traces", "plots"]),
    ("benches", &["sim-core", "policies", "traces", "scenarios"]),
];

#[test]
fn a_crate_depends_only_on_the_floors_below_it() {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    assert_eq!(
        ours.len(),
        FLOORS.len(),
        "a new crate has its line in FLOORS: {ours:?}"
    );
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let (_, allowed) = FLOORS
            .iter()
            .find(|(floor, _)| *floor == name)
            .expect("a line in FLOORS");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let on = dependency["name"].as_str().expect("a name");
            // Tests may look from above.
            let in_tests = dependency["kind"].as_str() == Some("dev");
            assert!(
                !ours.contains(&on) || allowed.contains(&on) || in_tests,
                "{name} depends on {on}"
            );
        }
    }
}

/// Names and versions that a lock file pins.
fn pinned(lock: &Path) -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(lock).expect("readable");
    let lock: toml::Table = text.parse().expect("a lock file is TOML");
    let mut pinned: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in lock["package"].as_array().expect("packages") {
        let text = |key: &str| package[key].as_str().expect("a text").to_owned();
        pinned
            .entry(text("name"))
            .or_default()
            .push(text("version"));
    }
    pinned
}

#[test]
fn the_python_package_is_made_of_the_versions_that_the_command_is() {
    let command = pinned(&root().join("Cargo.lock"));
    let mut shared = 0;
    for (name, versions) in pinned(&root().join(PYTHON).join("Cargo.lock")) {
        let Some(own) = command.get(&name) else {
            continue;
        };
        shared += 1;
        let same = versions.iter().all(|version| own.contains(version));
        assert!(
            same,
            "python/Cargo.lock: {name} {versions:?}, at the root {own:?}"
        );
    }
    assert!(shared > 100, "{shared} packages in common");
}

/// Rooms of a crate, from the bottom up: each uses only those before it.
const ROOMS: [(&str, &[&str]); 4] = [
    (
        "sim-core/src",
        &[
            "units",
            "model|course|world",
            "serve",
            "books|engine|watch|naive|recording|swarm",
        ],
    ),
    (
        "policies/src",
        &[
            "params",
            "runs",
            "queue|reclaims|fragment|tenants|forecast",
            "scale",
            "order",
            "place",
            "admit|preempt|buy|relocate|keeping|compose",
            "solve|goodput",
            "repack",
            "tiresias",
            "joint|gavel|pollux|sia|themis",
            "deadline|learned|registry|buyers",
        ],
    ),
    (
        "traces/src",
        &[
            "error",
            "record",
            "fleet",
            "reader",
            "import|cluster",
            "synth|estimate",
            "lint|stats",
            "requests",
        ],
    ),
    (
        "scenarios/src",
        &[
            "stats|bounds|waits|agent",
            "schema",
            "build",
            "experiment",
            "conform|explain|export|train|selftest|fit|gate|sweep|cluster|validate|govern",
            "reference",
            "cli",
        ],
    ),
];

#[test]
fn a_room_uses_only_the_floors_below_it() {
    for (folder, floors) in ROOMS {
        let floor_of = |room: &str| {
            floors
                .iter()
                .position(|floor| floor.split('|').any(|one| one == room))
        };
        for file in sources(&root().join(folder)) {
            let inner = file.strip_prefix(root().join(folder)).expect("below it");
            let first = inner
                .components()
                .next()
                .expect("a name")
                .as_os_str()
                .to_string_lossy()
                .into_owned();
            let Some(floor) = floor_of(first.trim_end_matches(".rs")) else {
                continue;
            };
            let text = fs::read_to_string(&file).expect("readable");
            for line in text
                .lines()
                .take_while(|line| !line.contains("#[cfg(test)]"))
            {
                let Some(rest) = line.trim().strip_prefix("use crate::") else {
                    continue;
                };
                let used = rest.split([':', ';', '{', ' ']).next().unwrap_or_default();
                let below = floor_of(used).is_none_or(|used| used <= floor);
                assert!(below, "{}: {line}", inner.display());
            }
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.filter_map(Result::ok) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The Python package is a workspace of its own, so that the root builds without Python; the house is the same.
const PYTHON: &str = "python";

fn all_sources() -> Vec<PathBuf> {
    let crates = FLOORS.iter().map(|(name, _)| *name).chain([PYTHON]);
    let all = crates.flat_map(|name| sources(&root().join(name).join("src")));
    // Tests in a file of their own are tests.
    all.filter(|path| !path.ends_with("tests.rs")).collect()
}

#[test]
fn a_file_holds_one_idea_and_says_it_first() {
    for file in all_sources() {
        let text = fs::read_to_string(&file).expect("readable");
        let shown = file.strip_prefix(root()).expect("ours").display();
        let code = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or_default();
        assert!(
            text.starts_with("//! "),
            "{shown} does not say what it is about"
        );
        let lines = code.lines().count();
        assert!(lines <= 500, "{shown} has {lines} lines");
    }
}

#[test]
fn a_policy_fits_on_a_page_or_two() {
    for room in [
        "order", "place", "preempt", "buy", "relocate", "tiresias", "pollux", "sia", "joint",
    ] {
        let files = sources(&root().join("policies/src").join(room));
        // Tests in a file of their own are tests.
        for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
            let text = fs::read_to_string(file).expect("readable");
            let lines = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap_or_default()
                .lines()
                .count();
            // What placements share is a mechanism, not a policy, and so is what buyers do, what queues are made of
            // and how a search stands.
            let mechanisms = [
                "fill.rs",
                "outlook.rs",
                "route.rs",
                "scored.rs",
                "sheet.rs",
                "shop.rs",
                "sites.rs",
                "account.rs",
                "queues.rs",
                "stand.rs",
            ];
            let is_mechanism = mechanisms.iter().any(|name| file.ends_with(name));
            let most = if is_mechanism { 250 } else { 160 };
            assert!(lines <= most, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn nothing_is_left_undone() {
    // Written in two pieces, so that this file does not speak of itself.
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["todo", "!("],
        ["unimplemented", "!("],
        [".unwrap", "()"],
        ["dbg", "!("],
    ];
    let marks = marks.map(|halves| halves.concat());
    for file in all_sources() {
        let text = fs::read_to_string(&file).expect("readable");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let mark = marks.iter().find(|mark| line.contains(mark.as_str()));
            assert!(
                mark.is_none(),
                "{}:{}: {}",
                file.display(),
                number + 1,
                line.trim()
            );
        }
    }
}

#[test]
fn the_readme_speaks_of_commands_that_exist() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in readme.lines() {
        for piece in line.split("windtunnel ").skip(1) {
            let word: String = piece.chars().take_while(char::is_ascii_lowercase).collect();
            *seen.entry(word).or_default() += 1;
        }
    }
    let known = [
        "run",
        "compare",
        "sweep",
        "explain",
        "export",
        "check",
        "new",
        "schema",
        "list",
        "trace",
        "train",
        "fit",
        "gate",
        "conform",
        "selftest",
        "validate",
        "govern",
        "completions",
    ];
    for word in seen.keys().filter(|word| !word.is_empty()) {
        assert!(known.contains(&word.as_str()), "README: windtunnel {word}");
    }
}

/// A file in the repository is what the code would write; `UPDATE_EXPECT=1` writes it.
fn is_current(name: &str, now: &str) {
    let path = root().join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, now).expect("writable");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == now,
        "{name} is stale: run with UPDATE_EXPECT=1"
    );
}

#[test]
fn the_schema_in_the_repository_is_current() {
    is_current(
        "scenarios/schema.json",
        &format!("{:#}\n", scenarios::schema::json_schema()),
    );
}

#[test]
fn the_reference_of_tables_is_current() {
    let reference = scenarios::reference::tables();
    is_current("docs/tables.md", &format!("# Tables\n\n{reference}"));
}

#[test]
fn the_reference_of_keys_is_current() {
    let reference = scenarios::schema::key_reference();
    is_current(
        "docs/scenario.md",
        &format!("# The scenario file\n\n{reference}"),
    );
}

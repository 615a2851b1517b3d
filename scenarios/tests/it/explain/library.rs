//! The scenarios of the library that have jobs: what their policies leave unexplained.

use std::fs;
use std::path::{Path, PathBuf};

use sim_core::engine::Reason;

use super::rig::{adds_up, fly, scenario, total, waits};

/// Most of all waiting that a policy may leave unexplained.
const MOST: f64 = 0.001;

/// Flown elsewhere, or slow for what they would show here.
const LEFT_OUT: [&str; 5] = [
    "philly",
    "published",
    "adaptive",
    "autoscalers",
    "llm-serving",
];

fn library() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let all = [folder.clone(), folder.join("cases")].map(|folder| {
        let entries = fs::read_dir(folder).expect("the library is there");
        entries.map(|entry| entry.expect("a readable folder").path())
    });
    let is_one = |path: &PathBuf| {
        let name = path.file_stem().and_then(|name| name.to_str());
        let ending = path.extension().is_some_and(|ending| ending == "toml");
        ending && name.is_some_and(|name| !LEFT_OUT.contains(&name))
    };
    let mut paths: Vec<PathBuf> = all.into_iter().flatten().filter(is_one).collect();
    paths.sort();
    paths
}

#[test]
fn the_policies_of_the_library_leave_nothing_unexplained() {
    let (mut wrong, mut flights) = (Vec::new(), 0);
    for path in library() {
        let experiment = scenario(&path);
        if experiment.loaded.scenario.workloads.is_empty() {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy();
        let seed = experiment.loaded.scenario.seed.value;
        for (position, chosen) in experiment.contenders.iter().enumerate() {
            let own = experiment.of_policy(position);
            let jobs = own.jobs(seed).expect("jobs that fit");
            let flown = fly(own, position, (seed, &jobs), waits(&jobs));
            let what = format!("{name}, {}", chosen.name);
            let waited = flown.seen.finish();
            adds_up(&what, &flown.record, &waited);
            let total = total(&waited);
            let all: f64 = total.iter().sum();
            let left = total[Reason::LeftIdle.index()];
            if left > MOST * all {
                wrong.push(format!("{what}: {left} s of {all} s"));
            }
            flights += 1;
        }
    }
    println!("{flights} flights");
    assert!(wrong.is_empty(), "left unexplained:\n{}", wrong.join("\n"));
}

//! A published figure: Uniform Progress on a window of us-west-2a, one K80.

use std::path::{Path, PathBuf};

use super::rig::{self, pilot, ticking};

/// Where third-party data lies, if it is there.
fn reference() -> Option<PathBuf> {
    let root = std::env::var_os("WINDTUNNEL_REFERENCE");
    let root = root.map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    root.join("data").is_dir().then_some(root)
}

/// The samples of a trace of one machine: the list behind "data".
fn samples(text: &str) -> Vec<bool> {
    let data = text.split("\"data\"").nth(1).expect("a list of samples");
    let inner = data.split(['[', ']']).nth(1).expect("a list");
    inner
        .split(',')
        .map(|sample| sample.trim() == "1")
        .collect()
}

/// A README of the published simulator prints 47.681900000000006 for 48 h of work in 52 h and a changeover of 0.2 h: 49 h of
/// spot. It does not say where its window begins; this is the first of the windows at hand that cost as much.
#[test]
fn uniform_progress_costs_what_was_published() {
    let Some(root) = reference() else {
        println!("skipped: no reference data");
        return;
    };
    let file =
        "data/spot/skypilot-spot-traces/availability/1-node/aws-10-26-2022/us-west-2a_k80_1.json";
    let text = std::fs::read_to_string(root.join(file)).expect("a trace");
    let up = samples(&text)[275..275 + 554].to_vec();
    let world = rig::world(&up, 600, rig::span(720), 1);
    let jobs = [rig::job(0, 48 * 3600, 52 * 3600)];
    let log = rig::fly(&world, &jobs, ticking("uniform-progress", "10m"), 600);
    assert!((log.cost() - 47.681_9).abs() < 1e-6, "{}", log.cost());
}

/// The traces and the starts of the published windows.
fn published(root: &Path) -> Vec<(String, usize)> {
    let list = std::fs::read_to_string(root.join("conformance/cant-be-late/windows.csv"));
    let list = list.expect("a list of windows");
    let row = |line: &str| {
        let mut cells = line.split(',');
        let (trace, _, start) = (cells.next()?, cells.next()?, cells.next()?);
        Some((trace.to_owned(), start.parse().ok()?))
    };
    list.lines().filter_map(row).collect()
}

/// In all published windows: 48 h of work in 60 h, a changeover of 0.2 h.
#[test]
fn nobody_is_cheaper_than_the_optimum_in_any_window() {
    let Some(root) = reference() else {
        println!("skipped: no reference data");
        return;
    };
    let folder = "data/spot/skypilot-spot-traces/availability/1-node/aws-10-26-2022";
    let jobs = [rig::job(0, 48 * 3600, 60 * 3600)];
    let (mut last, mut series) = (String::new(), Vec::new());
    let windows = published(&root);
    assert!(windows.len() >= 800, "{} windows", windows.len());
    for (trace, start) in windows {
        if trace != last {
            let file = root.join(folder).join(format!("{trace}.json"));
            series = samples(&std::fs::read_to_string(file).expect("a trace"));
            last.clone_from(&trace);
        }
        let world = rig::world(&series[start..start + 554], 600, rig::span(720), 1);
        let cost = |pilot| rig::fly(&world, &jobs, pilot, 600).cost();
        let least = cost(pilot("omniscient"));
        for kind in ["greedy", "uniform-progress"] {
            let paid = cost(ticking(kind, "10m"));
            assert!(
                paid >= least - 1e-9,
                "{kind} in {trace} from {start}: {paid} < {least}"
            );
        }
    }
}

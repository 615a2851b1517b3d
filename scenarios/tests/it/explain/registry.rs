//! Every policy of the registry, on the goldens, which have them all.

use std::fs;
use std::path::Path;

use sim_core::engine::{Engine, Reason};
use sim_core::world::Trace;

use super::proofs::Prover;
use super::rig::{adds_up, fly, scenario, total, waits};

/// Of all instants at which somebody waits, the part at which reasons are proved.
const PART: f64 = 0.02;

/// Most of all waiting that a policy may leave unexplained.
const MOST: f64 = 0.001;

#[test]
fn every_microsecond_has_a_reason_and_no_policy_leaves_a_job_without_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
    let entries = fs::read_dir(folder).expect("the goldens are there");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let only = std::env::var("WINDTUNNEL_GOLDEN").unwrap_or_default();
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .filter(|path| path.to_string_lossy().contains(&only))
        .collect();
    paths.sort();
    let (mut wrong, mut proved) = (Vec::new(), 0);
    for path in paths {
        let experiment = scenario(&path);
        let golden = path.file_stem().expect("a name").to_string_lossy();
        let seed = experiment.loaded.scenario.seed.value;
        let jobs = experiment.jobs(seed).expect("jobs that fit");
        for (position, chosen) in experiment.contenders.iter().enumerate() {
            let what = format!("{golden}, {}", chosen.name);
            let flown = fly(
                &experiment,
                position,
                (seed, &jobs),
                Prover::new((jobs.world(), waits(&jobs)), PART, None),
            );
            let pairs = flown.seen.proved.values().map(|(times, _)| times);
            proved += pairs.sum::<u32>();
            let waited = flown.seen.waits.finish();
            adds_up(&what, &flown.record, &waited);
            let trace = Trace::new(jobs.for_policy(chosen));
            let mut alone = Engine::new(jobs.world().clone(), Box::new(trace));
            let finish = alone.run(&mut *chosen.policy(seed), chosen.grants, &mut ());
            assert!(finish.is_ok());
            assert_eq!(
                alone.digests(),
                flown.digests,
                "{what}: asked why, it does something else"
            );
            let total = total(&waited);
            let all: f64 = total.iter().sum();
            let shares = Reason::ALL.into_iter().zip(total);
            let shares = shares.filter(|(_, seconds)| *seconds > 0.0);
            let shares =
                shares.map(|(reason, seconds)| format!("{} {:.4}", reason.name(), seconds / all));
            let shares: Vec<String> = shares.collect();
            println!("{what}: {}", shares.join(", "));
            if total[Reason::LeftIdle.index()] > MOST * all {
                wrong.push(format!("{what}: {}", shares.join(", ")));
            }
        }
    }
    println!("{proved} reasons proved");
    assert!(wrong.is_empty(), "left unexplained:\n{}", wrong.join("\n"));
}

//! Goldens: each `goldens/NAME.toml` does what `goldens/digests.txt` says, bit by bit, whoever runs
//! it: any build, any number of threads, watched or not.
//!
//! With `UPDATE_GOLDENS=1` the digests are written; a commit that changes one says why.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use policies::registry::{
    ADMISSIONS, BUYERS, GUARDS, HEADS, HOURS, ORDERS, OVERSUBSCRIPTIONS, PACES, PLACEMENTS,
    POLICIES, PREEMPTIONS, RELOCATIONS, REPLICAS, SCALES,
};
use scenarios::build::{Experiment, known};
use scenarios::experiment::{Plan, compare};
use scenarios::schema::{DataRoots, PolicyKind, load};
use sim_core::engine::{Engine, Finish};
use sim_core::watch::Digests;
use sim_core::world::Trace;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens")
}

fn goldens() -> Vec<(String, Experiment)> {
    let entries = fs::read_dir(folder()).expect("the goldens are there");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let scenario = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml");
    let mut paths: Vec<PathBuf> = paths.filter(scenario).collect();
    paths.sort();
    let built = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let loaded = load(&path, &[], &DataRoots::default(), &known);
        let loaded = loaded.unwrap_or_else(|error| panic!("{name}: {error}"));
        let experiment = Experiment::build(loaded);
        let experiment = experiment.unwrap_or_else(|error| panic!("{name}: {error}"));
        (name.into_owned(), experiment)
    };
    paths.into_iter().map(built).collect()
}

/// Two replications of every policy, with as many threads.
fn flown(experiment: &Experiment, threads: usize) -> Vec<Vec<(u64, Digests)>> {
    let seed = experiment.loaded.scenario.seed.value;
    let plan = Plan {
        contenders: (0..experiment.contenders.len()).collect(),
        baseline: 0,
        seeds: vec![seed, seed + 1],
        threads,
    };
    let comparison = compare(experiment, plan, None, &|| {}).expect("a sound scenario");
    let flights = comparison.flights.iter();
    flights
        .map(|runs| runs.iter().map(|run| (run.seed, run.digests)).collect())
        .collect()
}

/// The same with nobody watching.
fn unwatched(experiment: &Experiment) -> Vec<Vec<(u64, Digests)>> {
    let first = experiment.loaded.scenario.seed.value;
    let contenders = experiment.contenders.iter();
    let run = |contender: &scenarios::build::Contender, seed| {
        let jobs = experiment.jobs(seed).expect("jobs that fit");
        let trace = Trace::new(jobs.for_policy(contender));
        // Prices and luck are those of the seed.
        let mut engine = Engine::new(jobs.world().clone(), Box::new(trace));
        let mut policy = contender.policy(seed);
        let finish = engine.run(&mut *policy, contender.grants, &mut ());
        assert!(matches!(finish, Ok(Finish::Drained | Finish::Horizon)));
        assert_eq!(engine.counters().refusals, 0, "{}", contender.name);
        (seed, engine.digests())
    };
    contenders
        .map(|contender| [first, first + 1].map(|seed| run(contender, seed)).into())
        .collect()
}

#[test]
fn every_golden_comes_out_as_pinned_whoever_runs_it() {
    let (mut all, mut seen) = (String::new(), 0);
    for (name, experiment) in goldens() {
        let one = flown(&experiment, 1);
        for threads in [2, 8] {
            assert_eq!(
                flown(&experiment, threads),
                one,
                "{name}, {threads} threads"
            );
        }
        assert_eq!(unwatched(&experiment), one, "{name}, unwatched");
        for (contender, runs) in experiment.contenders.iter().zip(&one) {
            for (seed, digests) in runs {
                let Digests { decisions, facts } = digests;
                let policy = &contender.name;
                writeln!(all, "{name} {policy} {seed} {decisions} {facts}").expect("memory");
            }
        }
        seen += 1;
    }
    assert!(seen >= 24, "{seen} goldens");
    let pinned = folder().join("digests.txt");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&pinned, &all).expect("a writable folder");
    }
    let pinned = fs::read_to_string(pinned).expect("pinned digests");
    let wrong: Vec<&str> = all
        .lines()
        .filter(|line| pinned.lines().all(|known| known != *line))
        .collect();
    assert!(wrong.is_empty(), "not as pinned:\n{}", wrong.join("\n"));
    assert_eq!(all, pinned, "a golden is gone");
}

/// Different seeds draw different luck, and different policies decide differently: digests see it. (A table of jobs is the
/// same for all seeds.)
#[test]
fn no_two_lines_of_the_pinned_digests_share_their_facts() {
    let pinned = fs::read_to_string(folder().join("digests.txt")).expect("pinned digests");
    let facts: Vec<&str> = pinned
        .lines()
        .filter(|line| !line.contains("-shares "))
        .filter_map(|line| line.split(' ').next_back())
        .collect();
    let different: BTreeSet<&str> = facts.iter().copied().collect();
    assert_eq!(different.len(), facts.len());
}

/// Whatever is in the registry is in some golden.
#[test]
fn the_goldens_cover_the_registry() {
    let mut used = BTreeSet::new();
    for (_, experiment) in goldens() {
        for policy in &experiment.loaded.scenario.policies {
            match &policy.kind {
                PolicyKind::Composed(composed) => {
                    let parts = [
                        (&composed.order, "fifo"),
                        (&composed.admit, "strict"),
                        (&composed.place, "best-fit"),
                        (&composed.preempt, "none"),
                        (&composed.buy, "keep"),
                        (&composed.relocate, "none"),
                        (&composed.guard, "none"),
                        (&composed.hours, "none"),
                        (&composed.scale, "none"),
                        (&composed.oversubscribe, "none"),
                        (&composed.pace, "given"),
                        (&composed.replicas, "none"),
                    ];
                    used.extend(parts.map(|(part, default)| {
                        let kind = part.as_ref().map(|part| part.kind.value.as_str());
                        kind.unwrap_or(default).to_owned()
                    }));
                }
                PolicyKind::Learned(learned) => {
                    used.insert(learned.asks.kind.value.clone());
                }
                PolicyKind::Named(part) => {
                    used.insert(part.kind.value.clone());
                }
            }
        }
    }
    let kinds = ORDERS
        .iter()
        .map(|entry| entry.kind)
        .chain(ADMISSIONS.iter().map(|entry| entry.kind))
        .chain(PLACEMENTS.iter().map(|entry| entry.kind))
        .chain(PREEMPTIONS.iter().map(|entry| entry.kind))
        .chain(BUYERS.iter().map(|entry| entry.kind))
        .chain(RELOCATIONS.iter().map(|entry| entry.kind))
        .chain(
            [GUARDS, HOURS, SCALES, OVERSUBSCRIPTIONS]
                .into_iter()
                .flatten()
                .map(|entry| entry.kind),
        )
        .chain(PACES.iter().map(|entry| entry.kind))
        .chain(REPLICAS.iter().map(|entry| entry.kind))
        .chain(HEADS.iter().map(|entry| entry.kind))
        .chain(POLICIES.iter().map(|entry| entry.kind));
    let missing: Vec<&str> = kinds.filter(|kind| !used.contains(*kind)).collect();
    assert!(missing.is_empty(), "no golden has {missing:?}");
}

//! The rig: a scenario flown with all that is needed to know why its jobs waited.

use std::collections::BTreeSet;
use std::path::Path;

use scenarios::build::{Experiment, Jobs, known};
use scenarios::schema::{DataRoots, load};
use scenarios::waits::{Split, Waited, Waits};
use sim_core::engine::{Engine, Reason};
use sim_core::units::{SimTime, Span};
use sim_core::watch::{Digests, Observer, Record, Recorder, Recording, Row};
use sim_core::world::Trace;

/// A scenario of this folder of ours.
pub(crate) fn scenario(path: &Path) -> Experiment {
    let name = path.display();
    let mut roots = DataRoots::default();
    if let Some(reference) = std::env::var_os("WINDTUNNEL_REFERENCE") {
        roots.add("reference", reference).expect("a sound name");
    }
    let loaded = load(path, &[], &roots, &known);
    let loaded = loaded.unwrap_or_else(|error| panic!("{name}: {error}"));
    Experiment::build(loaded).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What came of a flight.
pub(crate) struct Flown<O> {
    pub(crate) record: Record,
    pub(crate) seen: O,
    pub(crate) digests: Digests,
}

/// Flies a policy before the eyes of an observer.
pub(crate) fn fly<O: Observer>(
    experiment: &Experiment,
    contender: usize,
    (seed, jobs): (u64, &Jobs),
    watch: O,
) -> Flown<O> {
    let chosen = &experiment.contenders[contender];
    let recording = Recording {
        warmup: SimTime::ZERO,
        sample: None,
        stays: 0,
        attribute: false,
        balance: None,
    };
    let recorder = Recorder::new(jobs.world(), recording);
    let trace = Trace::new(jobs.for_policy(chosen));
    let mut engine = Engine::new(jobs.world().clone(), Box::new(trace));
    let mut policy = chosen.policy(seed);
    let mut watch = (recorder, watch);
    let flown = engine.run(&mut *policy, chosen.grants, &mut watch);
    flown.unwrap_or_else(|fault| panic!("{}: {fault}", chosen.name));
    let (recorder, seen) = watch;
    Flown {
        record: recorder.finish(engine.now()),
        seen,
        digests: engine.digests(),
    }
}

/// How the jobs of a flight waited.
pub(crate) fn waits(jobs: &Jobs) -> Waits {
    Waits::new(jobs.world(), BTreeSet::new())
}

/// How long a job waited, all in all.
fn waited(row: &Row, end: SimTime) -> Span {
    let until = row.finish.get().unwrap_or(end);
    until.since(row.submit) - row.run
}

/// Holds the reasons of each job against its wait.
pub(crate) fn adds_up(what: &str, record: &Record, waited_for: &Waited) {
    let all = [
        (&record.rows, &waited_for.jobs),
        (&record.replicas, &waited_for.replicas),
    ];
    for (rows, splits) in all {
        assert_eq!(rows.len(), splits.len(), "{what}");
        for (ordinal, (row, split)) in rows.iter().zip(splits).enumerate() {
            let sum = split.iter().fold(Span::ZERO, |sum, part| sum + *part);
            assert_eq!(
                sum,
                waited(row, record.end),
                "{what}, job {ordinal}: {split:?}"
            );
        }
    }
}

/// Of jobs and replicas together, seconds of waiting by reason.
pub(crate) fn total(waited: &Waited) -> [f64; Reason::ALL.len()] {
    let mut total = [0.0; Reason::ALL.len()];
    let all: Vec<&Split> = waited.jobs.iter().chain(&waited.replicas).collect();
    for (sum, reason) in total.iter_mut().zip(Reason::ALL) {
        let us: u128 = all
            .iter()
            .map(|split| u128::from(split[reason.index()].us()))
            .sum();
        #[expect(
            clippy::cast_precision_loss,
            clippy::as_conversions,
            reason = "for a share"
        )]
        let seconds = us as f64 / 1e6;
        *sum = seconds;
    }
    total
}

//! A run that left its folder is flown again: it does the same to the bit, so that nothing of it need have been logged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use policies::place::{Scales, Weighed};
use sim_core::engine::{Engine, Fault};
use sim_core::units::{Money, SimTime, convert};
use sim_core::watch::{Digests, Record, Recorder, Recording};
use sim_core::world::Trace;

use super::machine::price_of;
use super::stored::{StoredError, places};
use super::story::{RUNS, Story, Subject};
use super::{Line, tables};
use crate::build::{Experiment, Jobs};
use crate::waits::{Waited, by_reason};

/// A run that left its folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Its policy.
    pub policy: String,
    /// Its seed.
    pub seed: u64,
    /// The digest of its decisions.
    pub decisions: String,
}

/// What came of flying it again.
#[derive(Debug)]
pub struct Again {
    /// What it did.
    pub digests: Digests,
    /// How jobs waited.
    pub waited: Waited,
    /// What is told of the subject, in order of time.
    pub lines: Vec<Line>,
    /// What it comes to, in a sentence.
    pub sum: Option<String>,
}

const AGAIN: &str = "fly it again with this version, with --out";

/// The runs in a folder, in the order of the comparison.
///
/// # Errors
/// It cannot be read, or is not what `run` or `compare` leaves.
pub fn runs(folder: &Path) -> Result<Vec<Ran>, StoredError> {
    let name = |path: Option<&Path>| {
        let name = path.and_then(Path::file_name);
        name.map(|name| name.to_string_lossy().into_owned())
    };
    let mut runs = Vec::new();
    for place in places(folder)? {
        let file = place.join("digest.txt");
        let strange = |rule: &str| StoredError::Strange(file.clone(), rule.to_owned(), AGAIN);
        let text = text(&file)?;
        let decisions = text
            .lines()
            .find_map(|line| line.strip_prefix("decisions "));
        let decisions = decisions.ok_or_else(|| strange("no digest of decisions in it"))?;
        let seed = name(Some(&place)).and_then(|seed| seed.parse().ok());
        runs.push(Ran {
            policy: name(place.parent()).unwrap_or_default(),
            seed: seed.ok_or_else(|| strange("its folder is not called by a seed"))?,
            decisions: decisions.to_owned(),
        });
    }
    Ok(runs)
}

/// The scenario that a folder keeps.
///
/// # Errors
/// There is none.
pub fn scenario(folder: &Path) -> Result<(PathBuf, Vec<u8>), StoredError> {
    let file = folder.join("scenario.toml");
    let text = text(&file)?.into_bytes();
    Ok((file, text))
}

fn text(file: &Path) -> Result<String, StoredError> {
    fs::read_to_string(file).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound || error.kind() == io::ErrorKind::InvalidData {
            let rule = "it is not there, or no text".to_owned();
            return StoredError::Strange(file.to_owned(), rule, AGAIN);
        }
        StoredError::Io(file.to_owned(), error)
    })
}

/// Flies a policy again, and tells of the subject.
///
/// # Errors
/// A policy that makes the run impossible to go on with.
pub fn again(
    experiment: &Experiment,
    contender: usize,
    (seed, jobs): (u64, &Jobs),
    subject: Subject,
) -> Result<Again, Fault> {
    let (chosen, world) = (&experiment.contenders[contender], jobs.world());
    let recording = Recording {
        warmup: SimTime::ZERO,
        sample: None,
        stays: 0,
        attribute: true,
        balance: None,
    };
    let trace = Trace::new(jobs.for_policy(chosen));
    let mut engine = Engine::new(world.clone(), Box::new(trace));
    let (scales, weighed) = Scales::new();
    let about_job = matches!(subject, Subject::Job(_));
    let mut policy = chosen.weighing(seed, about_job.then_some(scales));
    let mut watch = (Recorder::new(world, recording), Story::new(world, subject));
    engine.run(&mut *policy, chosen.grants, &mut watch)?;
    let (recorder, story) = watch;
    let record = recorder.finish(engine.now());
    let idled = story.idled();
    let (mut lines, waited) = (story.lines, story.waits.finish());
    let sum = match subject {
        Subject::All | Subject::At(_) => None,
        Subject::Job(ordinal) => {
            let stretches = waited.stretches.of.get(&ordinal);
            lines.extend(tables::waiting(stretches.map_or(&[][..], Vec::as_slice)));
            lines.extend(could_lie(ordinal, weighed.try_iter(), &lines));
            // What happens at an instant stands before what begins there.
            lines.sort_by_key(|line| (line.from, line.until.is_some()));
            cost_of_job(&record, &waited, ordinal)
        }
        Subject::Node(node) => {
            let own = record
                .machines
                .iter()
                .filter(|machine| machine.node == node);
            let cost = own.map(|machine| {
                let gone = machine.gone.get().unwrap_or(record.end);
                price_of(world, machine.offering, (machine.granted, gone))
            });
            let cost: Money = cost.sum();
            Some(format!(
                "ready with nobody on it for {idled} in all; {cost} by price and time, before rules of billing"
            ))
        }
    };
    Ok(Again {
        digests: engine.digests(),
        waited,
        lines,
        sum,
    })
}

/// What the placement made of the nodes at each start of a job. Of what a plan tried and took back nothing is told.
fn could_lie(ordinal: u32, weighed: impl Iterator<Item = Weighed>, lines: &[Line]) -> Vec<Line> {
    let starts = lines.iter().filter(|line| line.what == RUNS);
    let starts: BTreeSet<SimTime> = starts.map(|line| line.from).collect();
    let own = weighed.filter(|own| own.job == ordinal && starts.contains(&own.at));
    let own: BTreeMap<SimTime, Weighed> = own.map(|own| (own.at, own)).collect();
    own.values().map(tables::weighed).collect()
}

/// "waited 3h2m in all: no-capacity 2h, behind-head 1h2m; cost $1.20".
fn cost_of_job(record: &Record, waited: &Waited, ordinal: u32) -> Option<String> {
    let replica = ordinal.checked_sub(sim_core::units::limits::FIRST_REPLICA);
    let (rows, splits, place) = match replica {
        None => (&record.rows, &waited.jobs, ordinal),
        Some(replica) => (&record.replicas, &waited.replicas, replica),
    };
    let place = convert::index(place);
    let (row, split) = (rows.get(place)?, splits.get(place)?);
    let times: BTreeMap<_, _> = by_reason(split).collect();
    let all = row.finish.get().unwrap_or(record.end).since(row.submit) - row.run;
    let each = times
        .iter()
        .map(|(reason, time)| format!("{} {time}", reason.name()));
    let each: Vec<String> = each.collect();
    let each = if each.is_empty() {
        String::new()
    } else {
        format!(" ({})", each.join(", "))
    };
    let cost = Money::from_nanousd(row.cost_nanousd.into());
    Some(format!(
        "waited {all} in all{each}; ran {}, {} of it lost; cost {cost} of what its machines cost",
        row.run, row.lost
    ))
}

//! The folder of a run or a comparison, read again: what each policy used, all its seeds together.

use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::experiment::USAGE;
use crate::experiment::usage::{FleetUsage, Usage, User};

/// Most bytes of a file that is read.
const MOST_BYTES: u64 = 64 << 20;

/// Sums of a thousand runs of these stay far from what a number can hold.
const MOST: u128 = 1 << 90;

/// Why a folder is not read.
#[derive(Debug)]
pub enum StoredError {
    /// The system's answer.
    Io(PathBuf, io::Error),
    /// Not what a run leaves: the file or folder, the rule, the remedy.
    Strange(PathBuf, String, &'static str),
}

impl fmt::Display for StoredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Strange(path, rule, remedy) => {
                write!(f, "{}: {rule}; {remedy}", path.display())
            }
        }
    }
}

impl std::error::Error for StoredError {}

/// What a policy used in all its runs, summed.
#[derive(Clone, Debug)]
pub struct Runs {
    /// As of one run, but summed.
    pub usage: Usage,
    /// How many they are.
    pub count: u32,
}

const AGAIN: &str = "give the folder that --out named, or run again with this version";

/// What each policy used: in the order of the comparison, and only what it flew, or else by name.
///
/// # Errors
/// It cannot be read, or is not what `run` or `compare` leaves.
pub fn read(folder: &Path) -> Result<Vec<Runs>, StoredError> {
    let strange = |rule: &str| StoredError::Strange(folder.to_owned(), rule.to_owned(), AGAIN);
    let _ = inner(folder)?;
    if !folder.join("runs").is_dir() {
        return Err(strange(
            "no folder of a run or a comparison: no runs/ in it",
        ));
    }
    let mut found: Vec<Runs> = Vec::new();
    for place in places(folder)? {
        let file = place.join(USAGE);
        let usage = one(&file)?;
        let mut known = found.iter_mut();
        match known.find(|own| own.usage.policy == usage.policy) {
            None => found.push(Runs { usage, count: 1 }),
            Some(runs) => runs.add(&usage).map_err(|()| {
                let rule = "it is of another experiment than the runs beside it";
                StoredError::Strange(file, rule.to_owned(), AGAIN)
            })?,
        }
    }
    if found.is_empty() {
        return Err(strange("no run in it"));
    }
    Ok(found)
}

/// The folders of the runs. Where a comparison says what it flew, what others left beside it is passed over.
pub(super) fn places(folder: &Path) -> Result<Vec<PathBuf>, StoredError> {
    let flown = flown(&folder.join("manifest.json"))?;
    let name = |path: &Path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let mut places = Vec::new();
    for cell in inner(&folder.join("runs"))? {
        for policy in inner(&cell)? {
            for seed in inner(&policy)? {
                let own = name(&policy).zip(name(&seed));
                let at = match &flown {
                    None => Some(0),
                    Some(flown) => flown.iter().position(|run| Some(run) == own.as_ref()),
                };
                places.extend(at.map(|at| (at, seed)));
            }
        }
    }
    places.sort();
    Ok(places.into_iter().map(|(_, place)| place).collect())
}

/// Policies and seeds of a comparison, if the folder is one's.
fn flown(manifest: &Path) -> Result<Option<Vec<(String, String)>>, StoredError> {
    #[derive(Deserialize)]
    struct Manifest {
        runs: Vec<Flown>,
    }
    #[derive(Deserialize)]
    struct Flown {
        policy: String,
        seed: u64,
    }
    if !manifest.exists() {
        return Ok(None);
    }
    let manifest: Manifest = parsed(manifest)?;
    let runs = manifest.runs.into_iter();
    let runs = runs.map(|run| (run.policy, run.seed.to_string()));
    Ok(Some(runs.collect()))
}

/// The folders in a folder, in order.
fn inner(folder: &Path) -> Result<Vec<PathBuf>, StoredError> {
    let error = |error| StoredError::Io(folder.to_owned(), error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn one(file: &Path) -> Result<Usage, StoredError> {
    let usage: Usage = parsed(file)?;
    let sound = usage.fleets.iter().all(is_fleet)
        && usage
            .users
            .iter()
            .all(|user| is_user(user, usage.fleets.len()));
    if !sound {
        let rule = "numbers that no run leaves".to_owned();
        return Err(StoredError::Strange(file.to_owned(), rule, AGAIN));
    }
    Ok(usage)
}

fn parsed<T: DeserializeOwned>(file: &Path) -> Result<T, StoredError> {
    let strange = |rule: String| StoredError::Strange(file.to_owned(), rule, AGAIN);
    let mut text = String::new();
    let opened = fs::File::open(file).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return strange("it is not there".to_owned());
        }
        StoredError::Io(file.to_owned(), error)
    })?;
    let read = opened.take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(|error| StoredError::Io(file.to_owned(), error))?;
    serde_json::from_str(&text).map_err(|error| strange(error.to_string()))
}

fn is_fleet(fleet: &FleetUsage) -> bool {
    let parts = fleet.slices.iter().all(|slice| {
        let milli = [slice.memory_milli, slice.compute_milli];
        milli.iter().all(|milli| *milli <= 1000) && slice.per_gpu > 0
    });
    parts
        && fleet.gpus <= 64
        && fleet.cost_nanousd.unsigned_abs() < MOST
        && fleet.held_us < MOST
        && fleet.reclaimed < 1 << 40
}

fn is_user(user: &User, fleets: usize) -> bool {
    let parts = [user.memory_milli, user.compute_milli];
    let held = user.held.iter().all(|held| {
        let times = [held.ready_us, held.work_us, held.ran_us];
        let counts = [held.attempts, held.machines, held.reclaims];
        let most = held.gpus_us.values().all(|us| *us < 1 << 62);
        most && times.iter().all(|time| *time < MOST) && counts.iter().all(|own| *own < 1 << 50)
    });
    held && parts.iter().flatten().all(|milli| *milli <= 1000)
        && [user.held.len(), user.cost_nanousd.len()] == [fleets; 2]
        && user
            .cost_nanousd
            .iter()
            .all(|cost| cost.unsigned_abs() < MOST)
}

impl Runs {
    /// With another run of the same.
    fn add(&mut self, other: &Usage) -> Result<(), ()> {
        let own = &mut self.usage;
        let names = |usage: &Usage| {
            let fleets: Vec<String> = usage.fleets.iter().map(|own| own.name.clone()).collect();
            let users: Vec<String> = usage.users.iter().map(|own| own.name.clone()).collect();
            (usage.scenario.clone(), fleets, users)
        };
        if names(own) != names(other) || self.count >= 1_000_000 {
            return Err(());
        }
        let count = u64::from(self.count);
        own.length_us = own.length_us.saturating_add(other.length_us);
        for (fleet, more) in own.fleets.iter_mut().zip(&other.fleets) {
            let prices = [fleet.price_nanousd_h, more.price_nanousd_h].map(u128::from);
            let mean = (prices[0] * u128::from(count) + prices[1]) / u128::from(count + 1);
            fleet.price_nanousd_h = u64::try_from(mean).expect("between the two");
            fleet.cost_nanousd += more.cost_nanousd;
            fleet.held_us += more.held_us;
            fleet.reclaimed += more.reclaimed;
        }
        for (user, more) in own.users.iter_mut().zip(&other.users) {
            user.most_gpus = user.most_gpus.max(more.most_gpus);
            user.part = user.part.take().or_else(|| more.part.clone());
            for (held, more) in user.held.iter_mut().zip(&more.held) {
                held.merge(more);
            }
            for (cost, more) in user.cost_nanousd.iter_mut().zip(&more.cost_nanousd) {
                *cost += more;
            }
        }
        self.count += 1;
        Ok(())
    }
}

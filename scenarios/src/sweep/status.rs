//! How far a sweep is: what is done, what is missing, what belongs to another, and how long the rest may take.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::MergeError;
use super::folder::Folder;
use super::merge::{common, find};
use super::shard::Shard;
use super::stored::CELLS;

/// How far a sweep is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The scenario's name.
    pub scenario: String,
    /// By shard: cells that are done, and cells there are, equal ones once.
    pub shards: Vec<(Shard, usize, usize)>,
    /// Cells that are done, and cells there are.
    pub done: (usize, usize),
    /// Files of cells that are none of this sweep: of the scenario as it was before, say.
    pub foreign: usize,
    /// How long the missing cells take at the pace of those that are done, where two are.
    pub left: Option<Duration>,
}

/// Looks at every cell of every folder.
///
/// # Errors
/// No plan, folders of different sweeps, or the system's.
pub fn status(folders: &[Folder], shards: u32) -> Result<Status, MergeError> {
    let sheet = common(folders)?;
    let distinct = sheet.distinct();
    let mut all: BTreeSet<&str> = BTreeSet::new();
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for position in &distinct {
        let planned = &sheet.cells[*position];
        all.insert(&planned.cell);
        if find(folders, planned)?.is_some() {
            done.insert(&planned.cell);
        }
    }
    let shard = |index: u32| {
        let shard = Shard::new(index, shards)?;
        let own = sheet.cells.iter().enumerate();
        let own = own.filter(|(position, _)| shard.has(*position));
        let own: BTreeSet<&str> = own.map(|(_, planned)| planned.cell.as_str()).collect();
        Some((shard, own.intersection(&done).count(), own.len()))
    };
    let mut foreign = 0;
    for folder in folders {
        let names = folder.names(CELLS)?;
        let cells = names.iter().map(|name| name.trim_end_matches(".csv"));
        foreign += cells.filter(|cell| !all.contains(cell)).count();
    }
    Ok(Status {
        scenario: sheet.head.scenario.clone(),
        shards: (1..=shards).filter_map(shard).collect(),
        done: (done.len(), all.len()),
        foreign,
        left: left(folders, &done, all.len() - done.len()),
    })
}

/// How long `missing` cells take at the pace at which the files of those that are done appeared.
fn left(folders: &[Folder], done: &BTreeSet<&str>, missing: usize) -> Option<Duration> {
    let mut times: Vec<SystemTime> = Vec::new();
    for folder in folders {
        let cells = folder.path().join(CELLS);
        let times_of = done.iter().filter_map(|cell| {
            let file = std::fs::metadata(cells.join(format!("{cell}.csv"))).ok()?;
            file.modified().ok()
        });
        times.extend(times_of);
    }
    let first = times.iter().min()?;
    let taken = times.iter().max()?.duration_since(*first).ok()?;
    let between = u32::try_from(times.len().checked_sub(1)?).ok()?;
    let each = taken.checked_div(between)?;
    each.checked_mul(u32::try_from(missing).ok()?)
}

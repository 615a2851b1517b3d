//! Running a shard: every cell of it that is not finished yet, each a file that appears whole.
//!
//! Nothing coordinates the processes of a sweep, and nothing needs to: a cell's bytes follow from its name, so that whatever
//! was killed is run again, and what two processes run at once they write alike.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::design::Design;
use super::folder::Folder;
use super::plan::Plan;
use super::shard::Shard;
use super::stored::Planned;
use super::{SweepError, record};
use crate::build::Experiment;
use crate::experiment::cell::Cell;
use crate::experiment::{self, Telling, measure, settle};
use crate::schema::Loaded;

/// What a process did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ran {
    /// Cells that it ran.
    pub ran: usize,
    /// Cells that were finished before.
    pub found: usize,
}

/// Runs the cells of a shard that `folder` does not hold yet. Each is told, run or found.
///
/// # Errors
/// The first by position, or that nobody wants the rest; the cells that were finished stay so, and no further one is begun.
pub fn run<'a>(
    plan: &Plan,
    shard: Shard,
    (folder, threads): (&Folder, usize),
    telling: impl Into<Telling<'a>>,
) -> Result<Ran, SweepError> {
    let telling = telling.into();
    plan.sheet.store(folder)?;
    let design = plan.design();
    let (ran, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let own = own(plan, shard);
    let one = |position: &usize| {
        if stopped.load(Ordering::Relaxed) {
            return Ok(());
        }
        telling.still_wanted()?;
        let planned = &plan.sheet.cells[*position];
        let finished = one(plan, (&design, *position), planned, folder);
        match finished {
            Ok(false) => {}
            Ok(true) => {
                ran.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                stopped.store(true, Ordering::Relaxed);
                return Err(error);
            }
        }
        telling.done();
        Ok(())
    };
    let results: Vec<Result<(), SweepError>> =
        super::pool(threads).install(|| own.par_iter().with_max_len(1).map(one).collect());
    results.into_iter().collect::<Result<(), _>>()?;
    let ran = ran.into_inner();
    Ok(Ran {
        ran,
        found: own.len() - ran,
    })
}

/// The positions of a shard's cells, equal ones once.
pub fn own(plan: &Plan, shard: Shard) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let cells = plan.sheet.cells.iter().enumerate();
    let own = cells.filter(|(position, _)| shard.has(*position));
    let own = own.filter(|(_, planned)| seen.insert(planned.cell.as_str()));
    own.map(|(position, _)| position).collect()
}

/// Whether a cell had to be run.
fn one(
    plan: &Plan,
    (design, position): (&Design<'_>, usize),
    planned: &Planned,
    folder: &Folder,
) -> Result<bool, SweepError> {
    let file = planned.file();
    let found = folder.get(&file)?;
    if found.is_some_and(|bytes| record::read(&bytes, &planned.cell).is_some()) {
        return Ok(false);
    }
    let bytes = fly(plan.cell(design, position)?, &planned.cell)?;
    folder.put(&file, &bytes)?;
    Ok(true)
}

/// Runs a cell of this name on this thread: the bytes of its file.
///
/// # Errors
/// It cannot be built or run.
pub fn fly(cell: Loaded, name: &str) -> Result<Vec<u8>, SweepError> {
    let mut experiment = Experiment::build(cell)?;
    settle(&mut experiment)?;
    let comparison = measure(&experiment, whole(&experiment))?;
    Ok(record::write(&Cell::of(name, &experiment, &comparison)))
}

/// All policies with all seeds; where nothing is drawn, one seed says it all.
fn whole(experiment: &Experiment) -> experiment::Plan {
    let scenario = &experiment.loaded.scenario;
    let n = if experiment.is_random() {
        u64::from(scenario.replicate.n.value)
    } else {
        1
    };
    let first = scenario.seed.value;
    let baseline = experiment
        .contenders
        .iter()
        .position(|contender| contender.name == scenario.baseline.value);
    experiment::Plan {
        contenders: (0..experiment.contenders.len()).collect(),
        baseline: baseline.expect("the baseline is a policy of the scenario"),
        seeds: (first..first + n).collect(),
        threads: 1,
    }
}

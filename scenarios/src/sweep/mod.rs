//! Sweeps: cells around an experiment, planned alike by everyone, run by shards that know nothing of each other, merged.
//!
//! The shard contract is all there is: [`Plan`] gives each cell a name that follows from what it runs, [`run()`] leaves one
//! file a cell, [`merge()`] makes the tables. A file appears whole or not at all and its bytes follow from its name, so that
//! a process may be killed, repeated, or run twice at once, on any number of machines, and nothing shows of it.
//!
//! Architecture invariants: no locks, no coordinator, no clock in what is written. No file of a cell is ever changed.

mod design;
mod effects;
mod figures;
mod findings;
mod folder;
mod front;
mod indices;
mod merge;
mod plan;
mod rank;
mod record;
mod run;
mod shard;
mod sobol;
mod status;
mod stored;
mod tables;

use std::fmt;
use std::path::PathBuf;

pub use design::{Design, Saltelli, saltelli};
pub use effects::{Level, levels, range};
pub use folder::Folder;
pub use indices::{Index, Share, indices};
pub use merge::{Merged, merge, merge_in_memory};
pub use plan::{Files, Plan};
pub use record::{read, write};
pub use run::{Ran, fly, own, run};
pub use shard::Shard;
pub use sobol::Sobol;
pub use status::{Status, status};
pub use stored::{CELLS, Head, Planned, Sheet};
pub(crate) use tables::layouts;

use crate::build::BuildError;
use crate::experiment::words::counted;
use crate::experiment::{CompareError, OutputError};
use crate::schema::Rejection;

/// Why a sweep came to nothing.
#[derive(Debug)]
pub enum SweepError {
    /// The scenario has no `[sweep]`.
    NoSweep,
    /// A cell is refused.
    Rejected {
        /// Its position.
        position: usize,
        /// `fleet.f.count = 8, seed = 2`.
        parameters: String,
        /// Every reason.
        rejection: Box<Rejection>,
    },
    /// A cell cannot be built.
    Build(BuildError),
    /// A cell cannot be run.
    Compare(CompareError),
    /// A file cannot be read or written.
    Output(OutputError),
}

/// Why results could not be merged.
#[derive(Debug)]
pub enum MergeError {
    /// A folder has no plan, or not a whole one.
    NoPlan(PathBuf),
    /// A folder is of another sweep than the first.
    Differs(PathBuf),
    /// Cells that no folder has: how many, and the first of them.
    Missing(usize, Vec<Planned>),
    /// A file cannot be read or written.
    Output(OutputError),
}

impl From<BuildError> for SweepError {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}

impl From<CompareError> for SweepError {
    fn from(error: CompareError) -> Self {
        Self::Compare(error)
    }
}

impl From<OutputError> for SweepError {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

impl From<OutputError> for MergeError {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for SweepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSweep => {
                let remedy = "add [sweep.over] with a key and its values, such as \"fleet.NAME.count\" = [8, 16]";
                write!(f, "the scenario has no [sweep]; {remedy}")
            }
            Self::Rejected {
                position,
                parameters,
                rejection,
            } => write!(f, "cell {position} ({parameters}):\n{rejection}"),
            Self::Build(error) => error.fmt(f),
            Self::Compare(error) => error.fmt(f),
            Self::Output(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SweepError {}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPlan(path) => {
                let remedy = "run `windtunnel sweep run` with it as --out";
                write!(f, "{}: no plan of a sweep; {remedy}", path.display())
            }
            Self::Differs(path) => {
                let remedy = "run it again with the scenario of the others, or merge it by itself";
                write!(f, "{}: of another sweep; {remedy}", path.display())
            }
            Self::Missing(count, first) => {
                let are = if *count == 1 { "is" } else { "are" };
                writeln!(f, "{} {are} missing:", counted(*count, "cell"))?;
                for planned in first {
                    writeln!(f, "  {}  {}", planned.cell, planned.values.join(", "))?;
                }
                if first.len() < *count {
                    writeln!(f, "  and {} more", count - first.len())?;
                }
                let remedy = "run their shards again, or merge what there is with --partial";
                write!(f, "{remedy}")
            }
            Self::Output(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MergeError {}

/// Threads that run whole cells; as many as there are cores if zero.
fn pool(threads: usize) -> rayon::ThreadPool {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be made")
}

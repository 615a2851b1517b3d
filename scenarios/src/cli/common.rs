//! Flags that commands have in common: how many threads there are, what is told beside the results, the form of tables.

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;

use super::progress;
use crate::experiment::Form;

/// Flags of every command that flies.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// How many threads; all cores if not said. A run takes one, however many there are
    #[arg(
        long,
        visible_alias = "jobs",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub(super) threads: usize,
    /// Prints results only
    #[arg(long)]
    pub(super) quiet: bool,
    /// No progress bar
    #[arg(long)]
    no_progress: bool,
}

/// The form of tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Tables {
    /// Text that everything reads
    Csv,
    /// Columns with their types, several times smaller
    Parquet,
}

impl Common {
    /// A bar over `total` steps, if it is wanted.
    pub(super) fn bar(&self, total: usize, what: &str) -> ProgressBar {
        progress::bar(total, what, !self.quiet && !self.no_progress)
    }
}

impl From<Tables> for Form {
    fn from(tables: Tables) -> Self {
        match tables {
            Tables::Csv => Self::Csv,
            Tables::Parquet => Self::Parquet,
        }
    }
}

//! `export`: one run in the form of another tool.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::common::Common;
use super::one::One;
use super::{Failure, terminal};
use crate::experiment::flight::Keep;
use crate::export::{batsim, perfetto};

pub(super) const EXAMPLES: &str = "Examples:
  windtunnel export my.toml --as batsim --policy easy --out jobs.csv
  windtunnel export my.toml --as perfetto --seed 7 --out trace.json

Evalys draws the first:  JobSet.from_csv(\"jobs.csv\").gantt()
The second opens in ui.perfetto.dev and in chrome://tracing.";

/// Whose form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The schedule as Batsim writes it, which Evalys reads
    Batsim,
    /// A trace of events, for Perfetto and Chrome
    Perfetto,
}

/// Flies one policy with one seed, and writes the run in the form of another tool.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    one: One,
    /// In whose form
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Form,
    /// The file to write; standard output if not said
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

impl Export {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let keep = Keep {
            samples: true,
            stays: usize::MAX,
        };
        let bytes = self.one.fly(
            (keep, false),
            &self.common,
            |[_, experiment], flight, jobs| {
                Ok(match self.form {
                    Form::Batsim => batsim(experiment, flight, jobs),
                    Form::Perfetto => perfetto(experiment, flight, jobs),
                })
            },
        )?;
        match &self.out {
            None => terminal::say(&String::from_utf8_lossy(&bytes)),
            Some(path) => {
                std::fs::write(path, bytes).map_err(|error| Failure::Io(path.clone(), error))
            }
        }
    }
}

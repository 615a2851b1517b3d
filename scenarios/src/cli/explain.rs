//! `explain`: why the jobs of a run waited, what happened in it, and what its results say to do.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use policies::scale::rightsize::Marks;
use sim_core::units::convert;

use super::run::plot;
use super::why::Why;
use super::{Failure, compare::Format, terminal};
use crate::explain::{Advised, Options, StoredError, read, recommend, told};

pub(super) const EXAMPLES: &str = "Examples:
  windtunnel compare my.toml --out results
  windtunnel explain results
  windtunnel explain results --policy easy --job 17
  windtunnel explain results --at 3d4h
  windtunnel explain results --recommend
  windtunnel explain results --recommend --low-memory 0.5 --most-slowdown 1.5 --format markdown";

/// Says why jobs waited, what happened in a run, and what its results say to do.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The folder that `run --out` or `compare` wrote
    dir: PathBuf,
    /// Advises on the size of what work is given: slices of GPUs, spot machines
    #[arg(long)]
    recommend: bool,
    #[command(flatten)]
    why: Why,
    /// Memory up to this part of a GPU is low
    #[arg(long, value_name = "PART", default_value = "0.4", value_parser = part)]
    low_memory: u32,
    /// Compute from this part of a GPU on, while at work, is high
    #[arg(long, value_name = "PART", default_value = "0.6", value_parser = part)]
    high_compute: u32,
    /// Compute up to this part of a GPU, over all the time, is low
    #[arg(long, value_name = "PART", default_value = "0.3", value_parser = part)]
    low_compute: u32,
    /// Memory to leave free in a slice, as a part of what is used
    #[arg(long, value_name = "PART", default_value = "0.1", value_parser = part)]
    headroom: u32,
    /// Most times as long that work may take on a slice
    #[arg(long, value_name = "TIMES", default_value = "2.0", value_parser = times)]
    most_slowdown: u32,
    /// A priority up to this is low, unless there is a deadline or an objective
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    low_priority: i32,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Explain {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        if !self.recommend {
            return self.why.execute(&self.dir, self.format);
        }
        let runs = read(&self.dir)?;
        let options = Options {
            marks: Marks {
                low_memory_milli: self.low_memory,
                high_compute_milli: self.high_compute,
                low_compute_milli: self.low_compute,
                headroom_milli: self.headroom,
                slowdown_milli: self.most_slowdown,
            },
            low_priority: self.low_priority,
        };
        let advised = recommend(&runs, options);
        let text = match self.format {
            Format::Json => format!("{:#}\n", told::json(&advised)),
            Format::Text | Format::Markdown => self.tables(&advised)?,
        };
        terminal::say(&text)
    }

    fn tables(&self, advised: &[Advised]) -> Result<String, Failure> {
        let mut text = String::new();
        for own in advised {
            let table = told::table(own);
            let table = match self.format {
                Format::Markdown => table.markdown(),
                Format::Text | Format::Json => table.text(terminal::width()),
            };
            text.extend([told::total(own).as_str(), "\n\n"]);
            text.push_str(&table.map_err(plot)?);
            let changes: BTreeSet<String> = own.rows.iter().flat_map(told::changes).collect();
            if !changes.is_empty() {
                text.push_str("\nto take it, of fleets and workloads with --set:\n\n");
            }
            for change in changes {
                text.extend(["    ", change.as_str(), "\n"]);
            }
            text.push('\n');
        }
        Ok(text + told::UNKNOWN + "\n")
    }
}

impl From<StoredError> for Failure {
    fn from(error: StoredError) -> Self {
        match error {
            StoredError::Io(path, error) => Self::Io(path, error),
            StoredError::Strange(..) => Self::Input(error.to_string()),
        }
    }
}

/// A part from nothing to all, in thousandths.
fn part(text: &str) -> Result<u32, String> {
    milli(text, 0.0, 1.0).ok_or_else(|| "write a part from 0 to 1, such as 0.4".to_owned())
}

/// A factor, in thousandths.
fn times(text: &str) -> Result<u32, String> {
    milli(text, 1.0, 1000.0).ok_or_else(|| "write a number from 1 to 1000, such as 2".to_owned())
}

fn milli(text: &str, low: f64, high: f64) -> Option<u32> {
    let number: f64 = text.parse().ok()?;
    let is_within = number >= low && number <= high;
    is_within.then(|| {
        let milli = convert::floor(number * 1000.0 + 0.5);
        u32::try_from(milli).expect("at most a million")
    })
}

//! `sweep`: the cells of a scenario, planned, run by shards, looked at and merged.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use plots::table::{Cell, Table};

use super::common::{Common, Tables};
use super::run::plot;
use super::scenario::Source;
use super::{Failure, terminal};
use crate::experiment::known;
use crate::experiment::words::counted;
use crate::sweep::{self, CELLS, Folder, Shard};

pub(super) const EXAMPLES: &str = "Examples:
  windtunnel sweep plan my.toml
  windtunnel sweep run my.toml --out out/my
  windtunnel sweep run my.toml --shard 3/8 --out out/my
  windtunnel sweep status out/my --shards 8
  windtunnel sweep merge out/my";

/// Why writing into a text does not fail.
const TAKES: &str = "a text takes any text";

/// Cells a terminal shows.
const MOST_SHOWN: usize = 40;

/// What to do with a sweep.
#[derive(Debug, Subcommand)]
pub(super) enum Sweep {
    /// Lists the cells, each typed and named
    Plan(Plan),
    /// Runs the cells that are not finished yet: all, or those of a shard
    Run(Run),
    /// Says which cells are done and which are missing
    Status(Status),
    /// Joins the cells of one or several folders into the tables cells, runs and summary
    Merge(Merge),
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal, the first cells
    Text,
    /// All cells
    Csv,
}

/// What commands that type every cell have in common.
#[derive(Debug, Args)]
struct Planning {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    common: Common,
}

impl Planning {
    /// Every cell, typed and named.
    fn plan(&self) -> Result<sweep::Plan, Failure> {
        let draft = self.source.draft()?;
        let loaded = draft
            .typed(&known)
            .map_err(|reasons| Failure::Rejected(Box::new(reasons)))?;
        let scenario = &loaded.scenario;
        let cells = scenario
            .sweep
            .as_ref()
            .map_or(0, crate::schema::SweepSpec::cells);
        let common = &self.common;
        let bar = common.bar(usize::try_from(cells).unwrap_or(usize::MAX), "planning");
        let plan = sweep::Plan::of(draft, scenario, common.threads, &|| bar.inc(1));
        bar.finish_and_clear();
        Ok(plan?)
    }
}

/// Lists the cells.
#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    planning: Planning,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs the cells of a shard.
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    planning: Planning,
    /// Which cells: every N-th, from the I-th on
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE)]
    shard: Shard,
    /// Where cells go, and where finished ones are looked for; out/NAME-sweep if not said
    #[arg(long)]
    out: Option<PathBuf>,
    /// Goes on where a run was broken off, as every run does, and clears away what it left half written; only where no other
    /// process is at work
    #[arg(long)]
    resume: bool,
    /// Has every cell on the disk before it counts as finished
    #[arg(long)]
    durable: bool,
}

/// Looks at folders of cells.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// Folders that runs wrote into
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Tells each of so many shards apart
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    shards: u32,
}

/// Joins folders of cells.
#[derive(Debug, Args)]
pub(super) struct Merge {
    /// Folders that runs wrote into
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,
    /// Where the tables go; the first folder if not said
    #[arg(long)]
    out: Option<PathBuf>,
    /// Makes do with the cells that there are
    #[arg(long)]
    partial: bool,
    /// In what form tables are written
    #[arg(long, value_enum, default_value_t = Tables::Csv)]
    tables: Tables,
    /// Prints nothing
    #[arg(long)]
    quiet: bool,
}

impl Sweep {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        match self {
            Self::Plan(command) => command.execute(),
            Self::Run(command) => command.execute(),
            Self::Status(command) => command.execute(),
            Self::Merge(command) => command.execute(),
        }
    }
}

impl Plan {
    fn execute(&self) -> Result<(), Failure> {
        let sheet = self.planning.plan()?.sheet;
        if self.format == Format::Csv {
            return terminal::say(&String::from_utf8_lossy(&sheet.rows()));
        }
        let (head, keys) = (&sheet.head, sheet.keys().map(str::to_owned));
        let columns = ["position".to_owned(), "cell".to_owned()];
        let rows = sheet.cells.iter().take(MOST_SHOWN).enumerate();
        let rows = rows.map(|(position, planned)| {
            let values = planned.values.iter().map(String::as_str);
            let texts = [position.to_string()];
            let texts = texts
                .iter()
                .map(String::as_str)
                .chain([planned.cell.as_str()]);
            texts.chain(values).map(Cell::from).collect()
        });
        let table = Table {
            columns: columns.into_iter().chain(keys).collect(),
            rows: rows.collect(),
        };
        let mut text = format!(
            "{}: {}, {}, {} of them different\n\n",
            head.scenario,
            head.method,
            counted(head.positions, "cell"),
            head.cells
        );
        text += &table.text(terminal::width()).map_err(plot)?;
        if sheet.cells.len() > MOST_SHOWN {
            let more = sheet.cells.len() - MOST_SHOWN;
            writeln!(text, "and {more} more; --format csv prints all").expect(TAKES);
        }
        terminal::say(&text)
    }
}

impl Run {
    fn execute(&self) -> Result<(), Failure> {
        let plan = self.planning.plan()?;
        let name = format!("{}-sweep", plan.sheet.head.scenario);
        let out = self.out.clone();
        let out = out.unwrap_or_else(|| PathBuf::from("out").join(name));
        let folder = Folder::new(&out, self.durable);
        if self.resume {
            folder.clear(CELLS)?;
        }
        let common = &self.planning.common;
        let bar = common.bar(sweep::own(&plan, self.shard).len(), "cells");
        let threads = common.threads;
        let ran = sweep::run(&plan, self.shard, (&folder, threads), &|| bar.inc(1));
        bar.finish_and_clear();
        let ran = ran?;
        terminal::say(&format!(
            "shard {}: {} run, {} found finished: {}\n",
            self.shard,
            counted(ran.ran, "cell"),
            ran.found,
            out.display()
        ))
    }
}

impl Status {
    fn execute(&self) -> Result<(), Failure> {
        let status = sweep::status(&folders(&self.folders), self.shards)?;
        let (done, all) = status.done;
        let mut text = format!(
            "{}: {done} of {all} cells done, {} missing",
            status.scenario,
            all - done
        );
        if status.foreign > 0 {
            write!(text, ", {} of another sweep", status.foreign).expect(TAKES);
        }
        if let Some(left) = status.left.filter(|_| done < all) {
            write!(text, "; {} left at the pace so far", rough(left)).expect(TAKES);
        }
        text.push('\n');
        for (shard, done, all) in status.shards.iter().filter(|_| self.shards > 1) {
            writeln!(text, "shard {shard}: {done} of {all}").expect(TAKES);
        }
        terminal::say(&text)
    }
}

impl Merge {
    fn execute(&self) -> Result<(), Failure> {
        let out = self.out.as_ref().unwrap_or(&self.folders[0]);
        let folder = Folder::new(out, false);
        let merged = sweep::merge(
            &folders(&self.folders),
            (&folder, self.tables.into()),
            self.partial,
        )?;
        if self.quiet {
            return Ok(());
        }
        let mut text = format!(
            "{} merged: {}\n",
            counted(merged.cells, "cell"),
            out.display()
        );
        if merged.missing > 0 {
            let are = if merged.missing == 1 { "is" } else { "are" };
            text = format!("{} {are} missing; ", counted(merged.missing, "cell")) + &text;
        }
        terminal::say(&text)
    }
}

fn folders(paths: &[PathBuf]) -> Vec<Folder> {
    paths.iter().map(|path| Folder::new(path, false)).collect()
}

/// A time in its largest units.
fn rough(left: Duration) -> String {
    let seconds = left.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, _) => format!("{hours}h{minutes}m"),
    }
}

//! `conform`: reference cases of published simulators.

use std::path::PathBuf;

use clap::Args;
use plots::table::{Cell, Table, Value};

use super::compare::Format;
use super::run::plot;
use super::{Failure, progress, terminal};
use crate::conform::{OWN, Own, Verdict, families, run};

/// Runs every case of each family's `cases.toml`, and families that are held to data alone.
#[derive(Debug, Args)]
pub(super) struct Conform {
    /// Families to run; all that can be run if none is named
    families: Vec<String>,
    /// The folder that holds a folder for each family, or holds `conformance` and `data`; by default `WINDTUNNEL_REFERENCE`
    #[arg(long, value_name = "DIR")]
    reference: Option<PathBuf>,
    /// Folders in which inputs behind `data/` are looked for; by default `data` in `WINDTUNNEL_REFERENCE`
    #[arg(long, value_name = "DIR")]
    data: Vec<PathBuf>,
    /// Simulations at their full length
    #[arg(long)]
    full: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// No progress bar
    #[arg(long)]
    no_progress: bool,
}

impl Conform {
    pub(super) fn execute(&self) -> Result<(), Failure> {
        let whole = |root: &PathBuf| root.join("conformance").is_dir();
        let given = self.reference.clone().filter(whole);
        let root = given.clone().unwrap_or_else(|| {
            std::env::var_os("WINDTUNNEL_REFERENCE")
                .map_or_else(|| PathBuf::from("../shared"), PathBuf::from)
        });
        let reference = match (given, &self.reference) {
            (None, Some(families)) => families.clone(),
            (Some(_), _) | (None, None) => root.join("conformance"),
        };
        if !reference.is_dir() {
            let message = format!(
                "{}: no reference data; say where with --reference DIR, or set WINDTUNNEL_REFERENCE",
                reference.display()
            );
            return Err(Failure::Input(message));
        }
        let data = if self.data.is_empty() {
            vec![root.join("data")]
        } else {
            self.data.clone()
        };
        let named: Vec<String> = if self.families.is_empty() {
            let own = OWN.iter().filter(|own| own.is_there(&data));
            families()
                .filter(|family| reference.join(family).is_dir())
                .chain(own.map(|own| own.name))
                .map(str::to_owned)
                .collect()
        } else {
            self.families.clone()
        };
        let bar = progress::bar(0, "cases", !self.no_progress);
        let (mut verdicts, mut tables) = (Vec::new(), Vec::new());
        for family in &named {
            if let Some(own) = Own::find(family) {
                let found = own.run(&data, self.full).map_err(Failure::Input)?;
                verdicts.extend(found.verdicts);
                tables.push(found.table);
                continue;
            }
            let folder = reference.join(family);
            let found = run(&folder, &data, self.full, &|_| bar.inc(1));
            verdicts.extend(found.map_err(Failure::Input)?);
        }
        bar.finish_and_clear();
        self.print(&verdicts, &tables)?;
        let failed = verdicts.iter().any(|verdict| verdict.pass == Some(false));
        let ran = verdicts.iter().any(|verdict| verdict.pass.is_some());
        if failed || !ran {
            Err(Failure::Failed)
        } else {
            Ok(())
        }
    }

    /// What there is to say, behind the tables that it is about.
    fn print(&self, verdicts: &[Verdict], about: &[Table]) -> Result<(), Failure> {
        let table = table(verdicts);
        let mut text = String::new();
        for table in about {
            match self.format {
                Format::Json => {}
                Format::Markdown => text = text + &table.markdown().map_err(plot)? + "\n",
                Format::Text => text = text + &table.text(terminal::width()).map_err(plot)? + "\n",
            }
        }
        text += match self.format {
            Format::Json => format!(
                "{}\n",
                serde_json::to_string_pretty(verdicts).expect("plain numbers and texts")
            ),
            Format::Markdown => table.markdown().map_err(plot)?,
            Format::Text => {
                let passed = verdicts
                    .iter()
                    .filter(|verdict| verdict.pass == Some(true))
                    .count();
                let failed = verdicts
                    .iter()
                    .filter(|verdict| verdict.pass == Some(false))
                    .count();
                let skipped = verdicts.len() - passed - failed;
                let rows = table.text(terminal::width()).map_err(plot)?;
                format!("{rows}\n{passed} passed, {failed} failed, {skipped} skipped\n")
            }
        }
        .as_str();
        terminal::say(&text)
    }
}

fn table(verdicts: &[Verdict]) -> Table {
    let columns = [
        "family",
        "case",
        "items",
        "matched",
        "max diff",
        "tolerance",
        "",
        "note",
    ];
    let whole = |n: usize| Cell::from(Value::Integer(i128::try_from(n).expect("128 bits")));
    let row = |verdict: &Verdict| {
        let pass = match verdict.pass {
            Some(true) => "pass",
            Some(false) => "FAIL",
            None => "skip",
        };
        vec![
            Cell::from(verdict.family.as_str()),
            Cell::from(verdict.case.as_str()),
            whole(verdict.items),
            whole(verdict.matched),
            number(verdict.max_abs_diff),
            number(verdict.tolerance),
            Cell::from(pass),
            Cell::from(verdict.note.as_str()),
        ]
    };
    Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: verdicts.iter().map(row).collect(),
    }
}

/// With two digits that say something, however small it is.
fn number(value: f64) -> Cell {
    let (mut decimals, mut scaled) = (0, value);
    while scaled.fract() != 0.0 && scaled < 10.0 && decimals < 12 {
        (decimals, scaled) = (decimals + 1, scaled * 10.0);
    }
    Cell::number(value, decimals)
}

//! The tables of a run and of a comparison: which there are, for folders and for programs alike.

use super::claims::judge;
use super::compare::Comparison;
use super::flight::Flight;
use super::output::BASE;
use super::sheet::{Column, Columns, Made, Sheet, Unfit};
use super::{bill, bound_tables, cell, claim_tables, decisions, run_tables, service_tables, waits};
use crate::build::{Experiment, Jobs};
use crate::schema::TableName;

/// The tables of one run that `[output] tables` asks for, in memory, by name.
///
/// # Errors
/// A number beyond 64 bits.
pub fn run_in_memory(
    experiment: &Experiment,
    flight: &Flight,
    jobs: &Jobs,
) -> Result<Vec<(&'static str, Columns)>, Unfit> {
    let asked = experiment.loaded.scenario.output.tables.iter();
    let sheet = |table: &TableName| of_run((Made::Columns, *table), experiment, flight, jobs);
    asked
        .map(|table| Ok((table.name(), sheet(table).columns()?)))
        .collect()
}

/// The tables of a comparison, `runs` and `summary` among them, in memory, by name.
///
/// # Errors
/// A number beyond 64 bits.
pub fn comparison_in_memory(
    experiment: &Experiment,
    comparison: &Comparison,
) -> Result<Vec<(&'static str, Columns)>, Unfit> {
    let sheets = of_comparison(Made::Columns, experiment, comparison).into_iter();
    sheets
        .map(|(name, sheet)| Ok((name, sheet.columns()?)))
        .collect()
}

pub(super) fn of_run(
    (made, table): (Made, TableName),
    experiment: &Experiment,
    flight: &Flight,
    jobs: &Jobs,
) -> Sheet {
    match table {
        TableName::Jobs => run_tables::jobs(made, experiment, flight, jobs),
        TableName::Nodes => run_tables::nodes(made, experiment, flight),
        TableName::Timeline => run_tables::timeline(made, flight),
        TableName::Decisions => decisions::decisions(made, experiment, flight, jobs),
        TableName::Bill => bill::bill(made, experiment, flight),
        TableName::Attribution => bill::attribution(made, experiment, flight),
        TableName::Spend => bill::spend(made, experiment, flight),
        TableName::Services => service_tables::services(made, experiment, flight),
        TableName::Requests => service_tables::requests(made, experiment, flight),
        TableName::Waits => waits::jobs(made, flight),
    }
}

pub(super) fn of_comparison(
    made: Made,
    experiment: &Experiment,
    comparison: &Comparison,
) -> Vec<(&'static str, Sheet)> {
    let runs = cell::Cell::of(BASE, experiment, comparison);
    let mut cells = Sheet::new(made, &[Column::text("cell", "Its name")]);
    cells.row([BASE.into()]);
    let mut sheets = vec![
        ("summary", cell::summary_sheet(made, &runs)),
        ("runs", cell::run_sheet(made, &runs)),
        ("cells", cells),
    ];
    let waits = waits::all(made, experiment, comparison);
    sheets.extend(waits.map(|waits| ("waits", waits)));
    if experiment.loaded.scenario.output.bounds {
        let bounds = bound_tables::bounds(made, experiment, comparison);
        sheets.push(("bounds", bounds));
    }
    if !experiment.loaded.scenario.claims.is_empty() {
        let judged = judge(experiment, comparison);
        sheets.push(("claims", claim_tables::claims(made, &judged)));
    }
    sheets
}

//! Kubernetes' horizontal pod autoscaler: its own test cases, closed loops of its algorithm, and plain forecasts.

mod behavior;
mod calculator;
mod closed_loop;
mod forecasts;

use super::Place;
use super::cases::Case;
use super::table::Table;

/// Works out a case; the table is that of the file it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    let table = match case.policy.as_str() {
        "replica-calculator" => calculator::run(case, place),
        "behavior" => behavior::run(case, place),
        "hpa" => closed_loop::run(case, place),
        "one-bucket-ahead" => forecasts::run(case, place),
        other => Err(format!("policy {other}: not known to this family")),
    };
    Ok(vec![(case.compare.file.clone(), table?)])
}

/// The one table that goes in, in which there must be as many rows as the options say.
fn input(case: &Case, place: &Place<'_>) -> Result<Table, String> {
    let [input] = case.inputs.as_slice() else {
        return Err("such a case has one input".to_owned());
    };
    let table = Table::read(&place.find(input)?)?;
    let (rows, found) = (case.number("rows")?, table.rows.len());
    if u64::try_from(found) != Ok(rows) {
        return Err(format!("{rows} rows are meant, and there are {found}"));
    }
    Ok(table)
}

/// A row of a table, by the names of its columns.
struct Row<'t> {
    table: &'t Table,
    cells: &'t [String],
}

impl<'t> Row<'t> {
    fn all(table: &'t Table) -> impl Iterator<Item = Self> {
        table.rows.iter().map(move |cells| Self { table, cells })
    }

    fn text(&self, column: &str) -> Result<&'t str, String> {
        Ok(&self.cells[self.table.column(column)?])
    }

    /// What a cell holds, if it holds anything.
    fn get<T: std::str::FromStr>(&self, column: &str) -> Result<Option<T>, String> {
        let text = self.text(column)?;
        let wrong = |_| format!("{column}: \"{text}\": not what it should hold");
        let filled = Some(text).filter(|text| !text.is_empty());
        filled.map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// What a cell must hold.
    fn must<T: std::str::FromStr>(&self, column: &str) -> Result<T, String> {
        let found = self.get(column)?;
        found.ok_or_else(|| format!("{column}: it is blank"))
    }

    /// The parts of a cell that are divided by semicolons.
    fn list(&self, column: &str) -> Result<impl Iterator<Item = &'t str>, String> {
        let text = self.text(column)?;
        Ok(text.split(';').filter(|part| !part.is_empty()))
    }
}

//! Kubernetes' horizontal pod autoscaler: its own test cases, closed loops of its algorithm, and plain forecasts.

mod behavior;
mod calculator;
mod closed_loop;
mod forecasts;

use super::Place;
use super::cases::Case;
use super::row::Row;
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

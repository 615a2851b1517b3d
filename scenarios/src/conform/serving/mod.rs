//! Queues and caches beside theory: the formulas themselves, and what stations and caches do in simulation.
//!
//! How long a simulation is follows from its own standard error ([`estimate`]): it goes on until that is 1 % of the mean wait
//! where a request in twenty waits, else 2 % of the probability of waiting; an eighth of a point of a hit ratio, so that four
//! are the tolerance; at full length a quarter of that. Loads above 0.9 take a fifth of the requests that the case says, at
//! full length all of them, and are judged at the standard error that they come to; those above 0.95 wait for full length.
//!
//! Where a probability is below 5e-4 the cases say that it is not to be simulated. A cache of one item holds what was asked
//! for last, so that its hit ratio is the sum of the squares of the popularities: where Che's formula misses that by more than
//! the tolerance, the run is held to it, to four standard errors, and not to the row.

mod caches;
mod endless;
mod estimate;
mod formulas;
mod model;
mod queues;

use rayon::prelude::*;

use super::Place;
use super::cases::{Case, Compare};
use super::row::Row;
use super::table::Table;
use estimate::Estimate;
use model::Model;

/// What there is no choice about, as it is written.
const FIXED: [(&str, &str); 7] = [
    ("service_rate", "1.0"),
    ("service_mean", "1.0"),
    ("service_time", "1.0"),
    ("total_request_rate", "1.0"),
    ("popularity", "\"Zipf, exponent zipf_s\""),
    ("requests", "\"independent (Poisson)\""),
    (
        "rule",
        "\"serve min(queue, b); with an empty queue wait for the next arrival and serve it alone\"",
    ),
];
/// What says how a case is worked out.
const OPTIONS: [&str; 7] = [
    "mode",
    "parameters",
    "arrivals",
    "requests_simulated",
    "unreachable",
    "unreachable_columns",
    "services",
];

/// How exact a simulation is to be.
#[derive(Clone, Copy)]
struct Effort {
    /// Standard error, as a share of the mean.
    stderr: f64,
    /// Largest load that is simulated.
    load: f64,
    /// Requests where the load is above 0.9.
    arrivals: f64,
}

/// Works out a case; the table is that of the file it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    check(case)?;
    let [input] = case.inputs.as_slice() else {
        return Err("such a case has one input".to_owned());
    };
    let input = Table::read(&place.find(input)?)?.select(&case.compare.select)?;
    let effort = match case.word("mode") {
        Some("closed-form") => None,
        Some("simulation") => Some(Effort::of(case, place)?),
        other => return Err(format!("mode {other:?}: not known to this family")),
    };
    let rules = std::iter::once(&case.compare).chain(&case.compare.also);
    let columns: Vec<&str> = rules
        .flat_map(|rule| &rule.columns)
        .map(String::as_str)
        .collect();
    let keys = keys(&case.compare);
    let stderrs: Vec<String> = columns
        .iter()
        .map(|column| Table::stderr_of(column))
        .collect();
    let stderrs = stderrs.iter().map(String::as_str);
    let all: Vec<&str> = keys
        .iter()
        .chain(&columns)
        .copied()
        .chain(stderrs)
        .collect();
    let mut table = Table::new(&all);
    let rows: Vec<Row<'_>> = Row::all(&input).collect();
    let worked: Result<Vec<_>, String> = rows
        .par_iter()
        .map(|row| work(case, row, &columns, effort))
        .collect();
    for (row, results) in rows.iter().zip(worked?) {
        let keys: Result<Vec<String>, String> = keys
            .iter()
            .map(|key| row.text(key).map(str::to_owned))
            .collect();
        let print = |of: fn(&Estimate) -> f64| {
            let left_out = |why: &str| format!("{}{why}", Table::LEFT_OUT);
            let print = move |result: &Cell| {
                let number = result.as_ref().map(|one| of(one).to_string());
                number.unwrap_or_else(|why| left_out(why))
            };
            results.iter().map(print)
        };
        let cells = print(|one| one.mean).chain(print(|one| one.stderr));
        table.rows.push(keys?.into_iter().chain(cells).collect());
    }
    Ok(vec![(case.compare.file.clone(), table)])
}

fn keys(rule: &Compare) -> Vec<&str> {
    rule.key.split(',').map(str::trim).collect()
}

/// Whether the model is the one that is implemented.
fn check(case: &Case) -> Result<(), String> {
    for (option, value) in &case.options {
        if let Some((_, only)) = FIXED.iter().find(|(fixed, _)| fixed == option) {
            if value.to_string() != *only {
                return Err(format!(
                    "option {option}: only {only} is known to this family"
                ));
            }
        } else if !OPTIONS.contains(&option.as_str()) {
            return Err(format!("option {option}: not known to this family"));
        }
    }
    Ok(())
}

/// What there is in a column, or why it is left out.
type Cell = Result<Estimate, &'static str>;

/// Results of a row, column by column.
fn work(
    case: &Case,
    row: &Row<'_>,
    columns: &[&str],
    effort: Option<Effort>,
) -> Result<Vec<Cell>, String> {
    let model = Model::of(case, row)?;
    let Some(effort) = effort else {
        let exact =
            |column: &&str| formulas::of(&model, column).map(|mean| Ok(Estimate::exact(mean)));
        return columns.iter().map(exact).collect();
    };
    if model.load() > effort.load {
        return Ok(vec![Err("loads above 0.95 take --full"); columns.len()]);
    }
    let unreachable = unreachable(case, row)?;
    let reached = |column: &&str| !unreachable.contains(&(*column).to_owned());
    let wanted: Vec<&str> = columns.iter().copied().filter(reached).collect();
    let name = format!("{} {}", case.id, words(case, row)?);
    let found = model.simulate(&name, &wanted, effort)?;
    if let Some(exact) = model.exact(case.compare.tolerance) {
        let agrees = (found[0].mean - exact).abs() <= 4.0 * found[0].stderr;
        let other = || format!("{name}: {}, and is exactly {exact}", found[0].mean);
        let held = "held to the sum of squared popularities instead, which is exact";
        let cells = vec![Err(held); columns.len()];
        return agrees.then_some(cells).ok_or_else(other);
    }
    let place = |column: &&str| wanted.iter().position(|one| one == column);
    Ok(columns
        .iter()
        .map(|column| place(column).map(|at| found[at]).ok_or("unreachable"))
        .collect())
}

/// What names a row.
fn words(case: &Case, row: &Row<'_>) -> Result<String, String> {
    let texts: Result<Vec<&str>, String> = keys(&case.compare)
        .iter()
        .map(|key| row.text(key))
        .collect();
    Ok(texts?.join(","))
}

/// Columns in which no simulation reaches what this row holds.
fn unreachable(case: &Case, row: &Row<'_>) -> Result<Vec<String>, String> {
    let list = |option: &str| {
        let list = case.options.get(option).and_then(toml::Value::as_array);
        list.map_or(&[][..], Vec::as_slice)
    };
    for one in list("unreachable") {
        let error = || format!("unreachable: {one}: not a row");
        let mut same = true;
        for (column, value) in one.as_table().ok_or_else(error)? {
            same &= row.text(column)? == value.to_string();
        }
        if same {
            let columns = list("unreachable_columns").iter();
            let columns = columns.filter_map(toml::Value::as_str);
            return Ok(columns.map(str::to_owned).collect());
        }
    }
    Ok(Vec::new())
}

impl Effort {
    fn of(case: &Case, place: &Place<'_>) -> Result<Self, String> {
        let option = if case.options.contains_key("arrivals") {
            "arrivals"
        } else {
            "requests_simulated"
        };
        let arrivals = case.real(option)?;
        let (stderr, load, share) = if place.full {
            (0.0025, 1.0, 1.0)
        } else {
            (0.01, 0.950_001, 0.2)
        };
        Ok(Self {
            stderr,
            load,
            arrivals: share * arrivals,
        })
    }
}

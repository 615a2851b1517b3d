//! Checkpoints under exponential failures: formulas, and the engine against them.

use sim_core::course::{Cadence, theory};
use sim_core::units::{Span, convert};

use super::Place;
use super::cases::Case;
use super::failing::Job;
use super::table::Table;

const OPTIONS: [&str; 10] = [
    "parameters",
    "unit",
    "failures",
    "downtime",
    "restore",
    "last_segment",
    "mode",
    "final_checkpoint",
    "replications",
    "formulas",
];

/// The model, in the words of the cases: any other is not implemented.
const MODEL: [(&str, &str); 5] = [
    ("unit", "hours"),
    ("failures", "exponential while up"),
    ("downtime", "D after each failure, no failure in it"),
    ("restore", "R, can itself fail"),
    ("last_segment", "remainder of W/tau"),
];

const PARAMETERS: [&str; 6] = ["W_h", "tau_h", "C_h", "R_h", "D_h", "MTBF_h"];
const WITH: &str = "E_T_exact_final_ckpt_h";
const WITHOUT: &str = "E_T_exact_no_final_ckpt_h";

/// Works out every row of a case; the table is that of the file it is compared with.
pub(super) fn run(case: &Case, place: &Place<'_>) -> Result<Vec<(String, Table)>, String> {
    case.only(&OPTIONS)?;
    for (option, words) in MODEL {
        if case.word(option) != Some(words) {
            return Err(format!("{option}: only \"{words}\" is implemented"));
        }
    }
    let named = case
        .options
        .get("parameters")
        .and_then(toml::Value::as_array);
    let named = named.map(|named| named.iter().filter_map(toml::Value::as_str).collect());
    if named != Some(PARAMETERS.to_vec()) {
        let all = PARAMETERS.join(", ");
        return Err(format!("parameters: only {all} is implemented"));
    }
    let [input] = case.inputs.as_slice() else {
        return Err("a checkpoint case has one input".to_owned());
    };
    let input = Table::read(&place.find(input)?)?;
    let rows = parameters(&input)?;
    let table = match (case.policy.as_str(), case.word("mode")) {
        ("periodic", Some("closed-form")) => expected(&rows),
        ("periodic", Some("simulation")) => {
            let last = case.options.get("final_checkpoint");
            let last = last.and_then(toml::Value::as_bool);
            let last = last.ok_or("final_checkpoint: not a flag")?;
            flown(&rows, last, case.number("replications")?)
        }
        ("daly", Some("closed-form")) => intervals(&rows, case)?,
        (policy, mode) => return Err(format!("policy {policy} in mode {mode:?}: not known")),
    };
    Ok(vec![(case.compare.file.clone(), table)])
}

/// A row: its parameters as they are written, and as a job.
type Row = (Vec<String>, Job);

fn parameters(input: &Table) -> Result<Vec<Row>, String> {
    let columns = PARAMETERS.map(|name| input.columns.iter().position(|column| column == name));
    let row = |row: &Vec<String>| {
        let mut texts = Vec::new();
        let mut spans = [Span::ZERO; 6];
        for ((column, name), span) in columns.iter().zip(PARAMETERS).zip(&mut spans) {
            let text = column.and_then(|column| row.get(column));
            let text = text.ok_or_else(|| format!("there is no column {name}"))?;
            let hours: Option<f64> = text.parse().ok();
            let hours = hours.filter(|hours| *hours >= 0.0 && *hours < 1e6);
            let hours = hours.ok_or_else(|| format!("{name}: {text}: no number of hours"))?;
            *span = Span::from_us(convert::floor(hours * 3.6e9 + 0.5)).expect("below a century");
            texts.push(text.clone());
        }
        let [work, every, dump, restore, downtime, mtbf] = spans;
        let job = Job {
            work,
            every,
            dump,
            restore,
            downtime,
            mtbf,
        };
        Ok((texts, job))
    };
    input.rows.iter().map(row).collect()
}

fn table(results: &[&str]) -> Table {
    let columns: Vec<&str> = PARAMETERS.iter().chain(results).copied().collect();
    Table::new(&columns)
}

/// Expected times by the formulas.
fn expected(rows: &[Row]) -> Table {
    let mut table = table(&[WITH, WITHOUT]);
    for (texts, job) in rows {
        let hours = |last| {
            let cadence = Cadence::new(Some(job.every), job.dump, Span::ZERO, last).ok()?;
            let failures = theory::Failures::new(job.mtbf, job.restore, job.downtime).ok()?;
            Some(failures.expected_h(job.work, &cadence))
        };
        push(&mut table, texts, [hours(true), hours(false)]);
    }
    table
}

/// Intervals by the formulas.
fn intervals(rows: &[Row], case: &Case) -> Result<Table, String> {
    const FORMULAS: [(&str, &str); 2] = [
        ("tau_daly_h", "Daly 2006, higher order"),
        ("tau_lambert_h", "MTBF*(1+W0(-exp(-C/MTBF-1)))"),
    ];
    for (column, words) in FORMULAS {
        let formula = case.options.get("formulas").and_then(|all| all.get(column));
        if formula.and_then(toml::Value::as_str) != Some(words) {
            return Err(format!(
                "formulas.{column}: only \"{words}\" is implemented"
            ));
        }
    }
    let mut table = table(&FORMULAS.map(|(column, _)| column));
    for (texts, job) in rows {
        let hours = |span: Span| Some(convert::real(span.us()) / 3.6e9);
        let daly = theory::daly(job.dump, job.mtbf);
        let exact = theory::exact(job.dump, job.mtbf);
        push(&mut table, texts, [hours(daly), hours(exact)]);
    }
    Ok(table)
}

/// Mean times of runs through the engine, with their standard errors.
fn flown(rows: &[Row], last: bool, replications: u64) -> Table {
    let column = if last { WITH } else { WITHOUT };
    let mut table = table(&[column, &Table::stderr_of(column)]);
    for (texts, job) in rows {
        let (mean, stderr) = job.mean_h(last, replications).unzip();
        push(&mut table, texts, [mean, stderr]);
    }
    table
}

/// Adds a row; what cannot be worked out stays blank.
fn push(table: &mut Table, texts: &[String], results: [Option<f64>; 2]) {
    let mut row = texts.to_vec();
    let print = |result: Option<f64>| result.map_or(String::new(), |n| format!("{n:.9}"));
    row.extend(results.map(print));
    table.rows.push(row);
}

//! An observed schedule as a table: `job` or `name`, `submit_us`, `start_us`, `finish_us`, `[gpus, cost_nanousd]`.

use std::fmt;

/// A job as it was observed. Times are microseconds since time zero; none where it had not come to that yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// What its trace calls it.
    pub name: String,
    /// When it was submitted.
    pub submit_us: u64,
    /// When it started.
    pub start_us: Option<u64>,
    /// When it was done.
    pub finish_us: Option<u64>,
    /// What it cost, in nano-dollars, where that is told.
    pub cost_nanousd: Option<u64>,
}

/// What is wrong with such a table, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedError {
    /// Line, from 1.
    pub line: u64,
    /// What stands there.
    pub value: String,
    /// The rule that it breaks, and what to do.
    pub rule: String,
}

impl fmt::Display for ObservedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.value.chars().take(60).collect();
        write!(f, "{}: {}: {}", self.line, shown.escape_debug(), self.rule)
    }
}

impl std::error::Error for ObservedError {}

/// Most rows.
const MOST: usize = 10_000_000;

/// Reads the table, in the order of submission.
///
/// # Errors
/// A column that is missing, a field that is no whole number, a job that starts before it is submitted or ends before it starts.
pub fn read(bytes: &[u8]) -> Result<Vec<Observed>, ObservedError> {
    let mut table = csv::ReaderBuilder::new().flexible(false).from_reader(bytes);
    let broken = |error: &csv::Error| ObservedError {
        line: error.position().map_or(1, csv::Position::line),
        value: String::from("the table"),
        rule: error.to_string(),
    };
    let header = table.headers().map_err(|error| broken(&error))?.clone();
    let column = |name: &str| header.iter().position(|own| own.trim() == name);
    let needed = |name: &str| {
        column(name).ok_or_else(|| ObservedError {
            line: 1,
            value: name.to_owned(),
            rule: String::from(
                "this column is missing; the table has job, submit_us, start_us and finish_us",
            ),
        })
    };
    // A run's own table numbers its jobs and has their names beside.
    let name = column("name").map_or_else(|| needed("job"), Ok)?;
    let [submit, start, finish] = ["submit_us", "start_us", "finish_us"].map(needed);
    let (submit, start, finish) = (submit?, start?, finish?);
    let columns = Columns {
        name,
        submit,
        start,
        finish,
        cost: column("cost_nanousd"),
    };
    let mut jobs = Vec::new();
    for row in table.records() {
        let row = row.map_err(|error| broken(&error))?;
        if jobs.len() == MOST {
            return Err(ObservedError {
                line: row.position().map_or(1, csv::Position::line),
                value: String::from("the table"),
                rule: String::from("more than ten million rows; take a part of them"),
            });
        }
        jobs.push(job(&row, &columns)?);
    }
    jobs.sort_by_key(|job| job.submit_us);
    Ok(jobs)
}

/// Where what stands.
struct Columns {
    name: usize,
    submit: usize,
    start: usize,
    finish: usize,
    cost: Option<usize>,
}

fn job(row: &csv::StringRecord, columns: &Columns) -> Result<Observed, ObservedError> {
    let fault = |value: &str, rule: &str| ObservedError {
        line: row.position().map_or(1, csv::Position::line),
        value: value.to_owned(),
        rule: rule.to_owned(),
    };
    let whole = |at: usize| {
        let text = row.get(at).unwrap_or("").trim();
        if text.is_empty() {
            return Ok(None);
        }
        let rule = "is not a whole number, as times in microseconds are; correct it";
        text.parse::<u64>().map(Some).map_err(|_| fault(text, rule))
    };
    let submit_us = whole(columns.submit)?;
    let submit_us =
        submit_us.ok_or_else(|| fault("submit_us", "a job says when it was submitted"))?;
    let (start_us, finish_us) = (whole(columns.start)?, whole(columns.finish)?);
    let order =
        "a job is submitted, starts and ends in this order; correct the row, or leave it out";
    if start_us.is_some_and(|start| start < submit_us) {
        return Err(fault("start_us", order));
    }
    if finish_us.is_some_and(|finish| start_us.is_none_or(|start| finish < start)) {
        return Err(fault("finish_us", order));
    }
    Ok(Observed {
        // A name that a spreadsheet would run stands behind an apostrophe.
        name: row
            .get(columns.name)
            .unwrap_or("")
            .trim_start_matches('\'')
            .to_owned(),
        submit_us,
        start_us,
        finish_us,
        cost_nanousd: columns.cost.map(whole).transpose()?.flatten(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_their_names_and_in_order() {
        let text = "job,queue,submit_us,start_us,finish_us\nb,x,5,7,\n'=a,x,1,1,2\n";
        let jobs = read(text.as_bytes()).expect("a good table");
        let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
        assert_eq!(names, ["=a", "b"]);
        assert_eq!((jobs[1].start_us, jobs[1].finish_us), (Some(7), None));
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        for (text, said) in [
            ("job,submit_us\n", "1: start_us: this column is missing"),
            (
                "job,submit_us,start_us,finish_us\na,1,2,3\nb,x,2,3\n",
                "3: x: is not a whole number",
            ),
            (
                "job,submit_us,start_us,finish_us\na,-1,2,3\n",
                "2: -1: is not a whole number",
            ),
            (
                "job,submit_us,start_us,finish_us\na,3,2,4\n",
                "2: start_us: a job is submitted",
            ),
            (
                "job,submit_us,start_us,finish_us\na,1,,4\n",
                "2: finish_us: a job is submitted",
            ),
            (
                "job,submit_us,start_us,finish_us\na,1,2\n",
                "2: the table: ",
            ),
            (
                "job,submit_us,start_us,finish_us\na,,2,3\n",
                "2: submit_us: a job says when",
            ),
        ] {
            let error = read(text.as_bytes()).expect_err("a bad table").to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }
}

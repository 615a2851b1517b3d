//! Tables side by side: rows matched by key, columns within a tolerance.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use flate2::read::GzDecoder;

use super::cases::Compare;

/// A table of texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// What a comparison found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) items: usize,
    pub(super) matched: usize,
    pub(super) max_abs_diff: f64,
    /// The first row that differs, in words.
    pub(super) first: Option<String>,
}

impl Table {
    /// An empty table.
    pub(super) fn new(columns: &[&str]) -> Self {
        Self {
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Reads a CSV file, plain or gzipped.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let error = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(|e| error(&e))?;
        let source: Box<dyn std::io::Read> =
            if path.extension().is_some_and(|extension| extension == "gz") {
                Box::new(GzDecoder::new(file))
            } else {
                Box::new(file)
            };
        let mut reader = csv::Reader::from_reader(source);
        let columns = reader
            .headers()
            .map_err(|e| error(&e))?
            .iter()
            .map(str::to_owned)
            .collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            rows.push(
                record
                    .map_err(|e| error(&e))?
                    .iter()
                    .map(str::to_owned)
                    .collect(),
            );
        }
        Ok(Self { columns, rows })
    }

    /// Name of the column that holds the standard errors of another.
    pub(super) fn stderr_of(column: &str) -> String {
        format!("standard error of {column}")
    }

    /// The rows that hold these texts in these columns.
    pub(super) fn select(mut self, wanted: &BTreeMap<String, String>) -> Result<Self, String> {
        for (column, text) in wanted {
            let at = self.column(column)?;
            self.rows.retain(|row| row[at] == *text);
        }
        Ok(self)
    }

    fn column(&self, name: &str) -> Result<usize, String> {
        let found = self.columns.iter().position(|column| column == name);
        found.ok_or_else(|| {
            format!(
                "there is no column {name} among {}",
                self.columns.join(", ")
            )
        })
    }
}

/// Every row of either table is an item; one that the other lacks differs.
pub(super) fn compare(ours: &Table, expected: &Table, rule: &Compare) -> Result<Found, String> {
    let keys: Vec<&str> = rule.key.split(',').map(str::trim).collect();
    let mut columns = rule.columns.clone();
    let expected = keyed(expected, &keys, &columns)?;
    if rule.stderr.is_some() {
        columns.extend(rule.columns.iter().map(|column| Table::stderr_of(column)));
    }
    let ours = keyed(ours, &keys, &columns)?;
    let mut found = Found::default();
    for key in ours
        .keys()
        .chain(expected.keys().filter(|key| !ours.contains_key(*key)))
    {
        found.items += 1;
        let differs = match (ours.get(key), expected.get(key)) {
            (Some(ours), Some(expected)) => {
                difference(ours, expected, rule, &mut found.max_abs_diff)
            }
            (Some(_), None) => Some("the original has no such row".to_owned()),
            (None, _) => Some("we have no such row".to_owned()),
        };
        match differs {
            None => found.matched += 1,
            Some(words) if found.first.is_none() => {
                found.first = Some(format!("{} {}: {words}", rule.key, key.join(",")));
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

type Keyed = BTreeMap<Vec<String>, Vec<String>>;

/// The compared columns of each row, by its key.
fn keyed(table: &Table, names: &[&str], columns: &[String]) -> Result<Keyed, String> {
    let keys: Vec<usize> = names
        .iter()
        .map(|key| table.column(key))
        .collect::<Result<_, _>>()?;
    let columns: Vec<usize> = columns
        .iter()
        .map(|column| table.column(column))
        .collect::<Result<_, _>>()?;
    let mut keyed = Keyed::new();
    for row in &table.rows {
        let pick = |columns: &[usize]| {
            columns
                .iter()
                .map(|column| row[*column].clone())
                .collect::<Vec<_>>()
        };
        if keyed.insert(pick(&keys), pick(&columns)).is_some() {
            return Err(format!(
                "two rows with {} {}",
                names.join(","),
                pick(&keys).join(",")
            ));
        }
    }
    Ok(keyed)
}

/// By how much a number of a column may differ.
fn allowed(rule: &Compare, column: &str, expected: f64, stderr: Option<&String>) -> f64 {
    let tolerance = rule.tolerances.get(column).unwrap_or(&rule.tolerance);
    let tolerance = if rule.relative {
        tolerance * expected.abs()
    } else {
        *tolerance
    };
    let by_luck = stderr.and_then(|stderr| Some(rule.stderr? * stderr.parse::<f64>().ok()?));
    by_luck.map_or(tolerance, |by_luck| tolerance.max(by_luck))
}

fn difference(
    ours: &[String],
    expected: &[String],
    rule: &Compare,
    most: &mut f64,
) -> Option<String> {
    let mut first = None;
    let stderrs = (rule.columns.len()..).map(|at| ours.get(at));
    let pairs = ours.iter().zip(expected).zip(&rule.columns);
    for (((ours, expected), column), stderr) in pairs.zip(stderrs) {
        let equal = match (ours.parse::<f64>(), expected.parse::<f64>()) {
            (Ok(ours), Ok(expected)) => {
                let difference = (ours - expected).abs();
                *most = most.max(difference);
                difference <= allowed(rule, column, expected, stderr)
            }
            _ => ours == expected,
        };
        if !equal && first.is_none() {
            first = Some(format!("{column} is {ours}, and was {expected}"));
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[[&str; 3]]) -> Table {
        let mut table = Table::new(&["id", "start", "end"]);
        table.rows = rows
            .iter()
            .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
            .collect();
        table
    }

    #[test]
    fn a_row_that_differs_or_is_missing_is_found() {
        let rule = Compare {
            file: String::new(),
            key: "id".to_owned(),
            columns: vec!["start".to_owned(), "end".to_owned()],
            tolerance: 0.5,
            tolerances: BTreeMap::new(),
            relative: false,
            stderr: None,
            select: BTreeMap::new(),
            rows: None,
            known_mismatches: None,
        };
        let expected = table(&[["1", "10", "20"], ["2", "30", "40"], ["3", "50", "60"]]);
        let ours = table(&[["1", "10.4", "20"], ["2", "31", "40"], ["4", "50", "60"]]);
        let found = compare(&ours, &expected, &rule).expect("sound tables");
        assert_eq!((found.items, found.matched), (4, 1));
        assert_eq!(
            found.first.as_deref(),
            Some("id 2: start is 31, and was 30")
        );
        assert!((found.max_abs_diff - 1.0).abs() < 1e-12);
    }
}

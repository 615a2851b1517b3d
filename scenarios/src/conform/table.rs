//! Tables side by side: rows matched by key, columns within a tolerance.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

use sim_core::units::convert;

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
    /// Rows that are further off than the limit, or that one side lacks.
    beyond: usize,
    /// Rows of which nothing is compared, and why.
    pub(super) left_out: usize,
    why: BTreeSet<String>,
    /// The first row that differs, in words.
    pub(super) first: Option<String>,
}

impl Found {
    /// Why rows are left out.
    pub(super) fn whys(&self) -> impl Iterator<Item = &str> {
        self.why.iter().map(String::as_str)
    }

    /// Whether it is what the rule asks for.
    pub(super) fn agrees(&self, rule: &Compare) -> bool {
        let real = |count: usize| sim_core::units::convert::real(count as u64);
        match rule.share {
            Some(share) => self.beyond == 0 && real(self.matched) >= share * real(self.items),
            None => self.matched == self.items,
        }
    }
}

impl Table {
    /// How a cell of ours begins that is not compared, as it was not worked out; why is behind it.
    pub(super) const LEFT_OUT: &str = "left out: ";

    /// An empty table.
    pub(super) fn new(columns: &[&str]) -> Self {
        Self {
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// A table of one record.
    pub(super) fn record(fields: &[(&str, String)]) -> Self {
        Self {
            columns: fields.iter().map(|(name, _)| (*name).to_owned()).collect(),
            rows: vec![fields.iter().map(|(_, text)| text.clone()).collect()],
        }
    }

    /// Reads a CSV file, plain or gzipped, or a JSON file that holds one record.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let error = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let file = File::open(path).map_err(|e| error(&e))?;
        let ends = |ending: &str| {
            path.extension()
                .is_some_and(|extension| extension == ending)
        };
        if ends("json") {
            return Self::of_json(file).map_err(|e| error(&e));
        }
        let source: Box<dyn Read> = if ends("gz") {
            Box::new(GzDecoder::new(file))
        } else {
            Box::new(file)
        };
        let mut reader = csv::Reader::from_reader(source);
        let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let columns = texts(reader.headers().map_err(|e| error(&e))?);
        let rows = reader.records().map(|record| record.map(|row| texts(&row)));
        let rows = rows.collect::<Result<_, _>>().map_err(|e| error(&e))?;
        Ok(Self { columns, rows })
    }

    fn of_json(file: File) -> Result<Self, serde_json::Error> {
        let fields: BTreeMap<String, serde_json::Value> = serde_json::from_reader(file)?;
        let text = |value: &serde_json::Value| match value.as_str() {
            Some(text) => text.to_owned(),
            None if value.is_null() => String::new(),
            None => value.to_string(),
        };
        let fields: Vec<_> = fields
            .iter()
            .map(|(key, value)| (key.as_str(), text(value)))
            .collect();
        Ok(Self::record(&fields))
    }

    /// Name of the column that holds the standard errors of another.
    pub(super) fn stderr_of(column: &str) -> String {
        format!("standard error of {column}")
    }

    /// The same with one word for whatever a column is filled with.
    fn without_words(&self, column: &str) -> Result<Self, String> {
        let at = self.column(column)?;
        let mut table = self.clone();
        for row in table.rows.iter_mut().filter(|row| !row[at].is_empty()) {
            "fails".clone_into(&mut row[at]);
        }
        Ok(table)
    }

    /// The first so many rows.
    pub(super) fn first(&self, count: usize) -> Self {
        Self {
            columns: self.columns.clone(),
            rows: self.rows.iter().take(count).cloned().collect(),
        }
    }

    /// The rows that hold these texts in these columns.
    pub(super) fn select(mut self, wanted: &BTreeMap<String, String>) -> Result<Self, String> {
        for (column, text) in wanted {
            let at = self.column(column)?;
            self.rows.retain(|row| row[at] == *text);
        }
        Ok(self)
    }

    /// The same by those of the columns that it has: what is ours may hold the rows of one case only.
    fn select_known(&self, wanted: &BTreeMap<String, String>) -> Vec<&[String]> {
        let known: Vec<_> = wanted
            .iter()
            .filter_map(|(column, text)| Some((self.column(column).ok()?, text)))
            .collect();
        let meant = |row: &&Vec<String>| known.iter().all(|(at, text)| row[*at] == **text);
        self.rows.iter().filter(meant).map(Vec::as_slice).collect()
    }

    pub(super) fn column(&self, name: &str) -> Result<usize, String> {
        let found = self.columns.iter().position(|column| column == name);
        found.ok_or_else(|| {
            format!(
                "there is no column {name} among {}",
                self.columns.join(", ")
            )
        })
    }

    /// A column as it is written.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let at = self.column(name)?;
        Ok(self.rows.iter().map(|row| row[at].clone()).collect())
    }

    /// A column of numbers from zero up.
    pub(super) fn numbers(&self, name: &str) -> Result<Vec<f64>, String> {
        let at = self.column(name)?;
        let number = |row: &Vec<String>| {
            let number: Option<f64> = row[at].trim().parse().ok();
            let number = number.filter(|number| number.is_finite() && *number >= 0.0);
            number.ok_or_else(|| format!("{name}: {}: not a number from zero up", row[at]))
        };
        self.rows.iter().map(number).collect()
    }

    /// The same, where each is a whole number below 2^32.
    pub(super) fn whole(&self, name: &str) -> Result<Vec<u32>, String> {
        let whole = |number: f64| {
            let floor = u32::try_from(convert::floor(number)).ok();
            let floor = floor.filter(|floor| f64::from(*floor) >= number);
            floor.ok_or_else(|| format!("{name}: {number}: not a whole number below 2^32"))
        };
        self.numbers(name)?.into_iter().map(whole).collect()
    }

    fn positions<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<usize>, String> {
        names
            .iter()
            .map(|name| self.column(name.as_ref()))
            .collect()
    }

    /// Columns by name; `x*` is all that start with x.
    fn expand(&self, names: &[String]) -> Vec<String> {
        let of = |name: &String| match name.strip_suffix('*') {
            None => vec![name.clone()],
            Some(start) => {
                let columns = self
                    .columns
                    .iter()
                    .filter(|column| column.starts_with(start));
                columns.cloned().collect()
            }
        };
        names.iter().flat_map(of).collect()
    }
}

/// How rows find each other: by texts, and by numbers that may differ by the tolerance.
struct Key {
    texts: Vec<String>,
    numbers: Vec<f64>,
    /// As it is written.
    words: String,
}

/// A side of a comparison: by row, its key and its compared cells.
struct Side<'t> {
    rows: Vec<(Key, Vec<&'t str>)>,
}

/// Every row of either table is an item; one that the other lacks differs.
pub(super) fn compare(ours: &Table, expected: &Table, rule: &Compare) -> Result<Found, String> {
    let Some(column) = &rule.error_column else {
        return compare_columns(ours, expected, rule);
    };
    // Whether a row fails must agree, and not in which words.
    let rule = Compare {
        columns: rule.columns.iter().chain([column]).cloned().collect(),
        ..rule.clone()
    };
    let (ours, expected) = (ours.without_words(column)?, expected.without_words(column)?);
    compare_columns(&ours, &expected, &rule)
}

fn compare_columns(ours: &Table, expected: &Table, rule: &Compare) -> Result<Found, String> {
    let columns = expected.expand(&rule.columns);
    if columns.is_empty() {
        return Err(format!("there is no column {}", rule.columns.join(", ")));
    }
    let keys: Vec<&str> = match rule.key.as_str() {
        "" | "#" => Vec::new(),
        key => key.split(',').map(str::trim).collect(),
    };
    let all: Vec<&[String]> = expected.rows.iter().map(Vec::as_slice).collect();
    let at = expected.positions(&keys)?;
    let is_fractional = |column: &usize| all.iter().any(|row| is_fraction(&row[*column]));
    let fractional: Vec<bool> = at.iter().map(is_fractional).collect();
    let numbered = rule.key == "#";
    let expected = side(
        &all,
        (&at, &fractional, numbered),
        &expected.positions(&columns)?,
    )?;
    let stderrs = columns.iter().filter(|_| rule.stderr.is_some());
    let stderrs = stderrs.map(|column| Table::stderr_of(column));
    let named: Vec<String> = columns.iter().cloned().chain(stderrs).collect();
    let own = ours.select_known(&rule.select);
    let at = ours.positions(&keys)?;
    let ours = side(&own, (&at, &fractional, numbered), &ours.positions(&named)?)?;
    let mut found = Found::default();
    let pairs = pair(&ours, &expected, rule.tolerance);
    for (our, theirs) in pairs {
        let cells = our.iter().flat_map(|(_, our)| &our.1[..columns.len()]);
        let whys: Option<Vec<&str>> = cells
            .map(|cell| cell.strip_prefix(Table::LEFT_OUT))
            .collect();
        if let (Some(_), Some(_), Some(whys)) = (our, theirs, whys) {
            found.left_out += 1;
            found.why.extend(whys.into_iter().map(str::to_owned));
            continue;
        }
        found.items += 1;
        let (key, differs) = match (our, theirs) {
            (Some((at, our)), Some((other, theirs))) => {
                let differs = difference((&our.1, &theirs.1), (&columns, rule), &mut found);
                let moved = rule.ordered && at != other;
                let moved =
                    moved.then(|| format!("it is row {}, and was row {}", at + 1, other + 1));
                (&our.0, differs.or(moved))
            }
            (Some((_, our)), None) => (&our.0, Some("the original has no such row".to_owned())),
            (None, Some((_, theirs))) => (&theirs.0, Some("we have no such row".to_owned())),
            (None, None) => unreachable!("a pair has a row"),
        };
        found.beyond += usize::from(our.is_none() || theirs.is_none());
        match differs {
            None => found.matched += 1,
            Some(words) if found.first.is_none() => {
                found.first = Some(format!("{} {}: {words}", rule.key, key.words));
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

fn is_fraction(text: &str) -> bool {
    text.parse::<f64>()
        .is_ok_and(|number| number.fract() != 0.0)
}

fn side<'t>(
    rows: &[&'t [String]],
    (keys, fractional, numbered): (&[usize], &[bool], bool),
    columns: &[usize],
) -> Result<Side<'t>, String> {
    let of = |(number, row): (usize, &&'t [String])| {
        let mut key = Key {
            texts: Vec::new(),
            numbers: Vec::new(),
            words: keys
                .iter()
                .map(|at| row[*at].as_str())
                .collect::<Vec<_>>()
                .join(","),
        };
        if numbered {
            key.words = (number + 1).to_string();
            key.texts.push(key.words.clone());
        }
        for (at, fractional) in keys.iter().zip(fractional) {
            match row[*at].parse::<f64>() {
                Ok(value) if *fractional => key.numbers.push(value),
                Ok(_) | Err(_) => key.texts.push(row[*at].clone()),
            }
        }
        (key, columns.iter().map(|at| row[*at].as_str()).collect())
    };
    let rows: Vec<_> = rows.iter().enumerate().map(of).collect();
    let mut seen = BTreeSet::new();
    let twice = |row: &&(Key, Vec<&str>)| !seen.insert((row.0.texts.clone(), row.0.words.clone()));
    match rows.iter().find(twice) {
        Some((key, _)) => Err(format!("two rows with the key {}", key.words)),
        None => Ok(Side { rows }),
    }
}

type Numbered<'s, 't> = (usize, &'s (Key, Vec<&'t str>));

/// Rows of both sides that have the same key, ours in their order, then those of which there is none of ours.
fn pair<'s, 't>(
    ours: &'s Side<'t>,
    expected: &'s Side<'t>,
    tolerance: f64,
) -> Vec<(Option<Numbered<'s, 't>>, Option<Numbered<'s, 't>>)> {
    let mut by_texts: BTreeMap<&[String], Vec<usize>> = BTreeMap::new();
    for (at, (key, _)) in expected.rows.iter().enumerate() {
        by_texts.entry(&key.texts).or_default().push(at);
    }
    let near = |a: &Key, b: &Key| {
        let mut numbers = a.numbers.iter().zip(&b.numbers);
        numbers.all(|(a, b)| (a - b).abs() <= tolerance)
    };
    let mut pairs = Vec::new();
    for (at, row) in ours.rows.iter().enumerate() {
        let open = by_texts.get_mut(row.0.texts.as_slice());
        let other = open.and_then(|open| {
            let position = open
                .iter()
                .position(|other| near(&row.0, &expected.rows[*other].0))?;
            Some(open.remove(position))
        });
        pairs.push((Some((at, row)), other.map(|at| (at, &expected.rows[at]))));
    }
    let mut left: Vec<usize> = by_texts.into_values().flatten().collect();
    left.sort_unstable();
    pairs.extend(
        left.into_iter()
            .map(|at| (None, Some((at, &expected.rows[at])))),
    );
    pairs
}

/// By how much a number of a column may differ.
fn allowed(rule: &Compare, column: &str, expected: f64, stderr: Option<&&str>) -> f64 {
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
    (ours, expected): (&[&str], &[&str]),
    (columns, rule): (&[String], &Compare),
    found: &mut Found,
) -> Option<String> {
    let (mut first, mut beyond) = (None, false);
    let stderrs = (columns.len()..).map(|at| ours.get(at));
    let pairs = ours.iter().zip(expected).zip(columns);
    let compared = pairs.zip(stderrs);
    let compared = compared.filter(|(((ours, _), _), _)| !ours.starts_with(Table::LEFT_OUT));
    for (((ours, expected), column), stderr) in compared {
        let numbers = ours.parse::<f64>().ok().zip(expected.parse::<f64>().ok());
        let equal = if let Some((ours, expected)) = numbers {
            let difference = (ours - expected).abs();
            found.max_abs_diff = found.max_abs_diff.max(difference);
            beyond |= rule.limit.is_some_and(|limit| difference > limit);
            difference <= allowed(rule, column, expected, stderr)
        } else {
            beyond |= ours != expected;
            ours == expected
        };
        if !equal && first.is_none() {
            first = Some(format!("{column} is {ours}, and was {expected}"));
        }
    }
    found.beyond += usize::from(beyond);
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

    fn rule(text: &str) -> Compare {
        let common = "file = \"f\"\ncolumns = [\"start\", \"end\"]\ntolerance = 0.5\n";
        toml::from_str(&format!("{common}{text}")).expect("a sound rule")
    }

    #[test]
    fn a_row_that_differs_or_is_missing_is_found() {
        let expected = table(&[["1", "10", "20"], ["2", "30", "40"], ["3", "50", "60"]]);
        let ours = table(&[["1", "10.4", "20"], ["2", "31", "40"], ["4", "50", "60"]]);
        let by_id = rule("key = \"id\"");
        let found = compare(&ours, &expected, &by_id).expect("sound tables");
        assert_eq!((found.items, found.matched), (4, 1));
        assert!(!found.agrees(&by_id));
        assert_eq!(
            found.first.as_deref(),
            Some("id 2: start is 31, and was 30")
        );
        assert!((found.max_abs_diff - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_share_of_the_rows_will_do_if_all_are_within_the_limit() {
        let expected = table(&[["1", "10", "20"], ["2", "30", "40"]]);
        let half = rule("key = \"id\"\nshare = 0.5\nlimit = 5");
        let agrees = |ours: &Table| {
            let found = compare(ours, &expected, &half).expect("sound tables");
            found.agrees(&half)
        };
        assert!(agrees(&table(&[["1", "10", "20"], ["2", "34", "40"]])));
        assert!(!agrees(&table(&[["1", "10", "20"], ["2", "36", "40"]])));
        assert!(!agrees(&table(&[["1", "10", "20"], ["2", "", "40"]])));
        assert!(!agrees(&table(&[["1", "10", "20"]])));
    }

    #[test]
    fn a_row_that_must_fail_may_do_so_in_other_words_and_must() {
        let mut rule = rule("key = \"id\"\nerror_column = \"end\"");
        rule.columns = vec!["start".to_owned()];
        let expected = table(&[["1", "10", ""], ["2", "", "no metrics"]]);
        let matched = |ours: &Table| compare(ours, &expected, &rule).expect("sound").matched;
        assert_eq!(matched(&table(&[["1", "10", ""], ["2", "", "none"]])), 2);
        assert_eq!(matched(&table(&[["1", "10", ""], ["2", "", ""]])), 1);
        assert_eq!(matched(&table(&[["1", "10", "none"], ["2", "", "x"]])), 1);
    }

    #[test]
    fn rows_are_matched_by_number_or_nearly_and_their_order_may_count() {
        let expected = table(&[["0.0", "1", "1"], ["1.25", "2", "2"]]);
        let ours = table(&[["1.3", "2", "2"], ["0", "1", "1"]]);
        let found = |key: &str| compare(&ours, &expected, &rule(key)).expect("sound tables");
        assert_eq!(found("key = \"id\"").matched, 2);
        assert_eq!(found("key = \"id\"\nordered = true").matched, 0);
        assert_eq!(found("key = \"#\"").matched, 0);
        let stars = rule("key = \"id\"");
        assert_eq!(expected.expand(&["e*".to_owned()]), ["end"]);
        assert!(compare(&Table::new(&["id"]), &expected, &stars).is_err());
        let nothing = Compare {
            columns: vec!["z*".to_owned()],
            ..stars
        };
        assert!(compare(&ours, &expected, &nothing).is_err());
    }
}

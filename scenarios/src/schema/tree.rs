//! From text to a tree of values with places; all syntax errors at once.

use toml::Spanned as Marked;
use toml::de::{DeTable, DeValue};

use super::depth::too_deep;
use super::diagnostic::{Diagnostic, quoted};
use super::place::{Place, SourceId, Spanned};
use super::value::{Table, Value};

/// Most syntax errors that are kept: beyond, one causes the next.
const MOST_SYNTAX: usize = 5;

/// The tree that `text` spells.
///
/// # Errors
/// Every syntax error, and every number that no 64 bits hold.
pub(super) fn parse(source: SourceId, text: &str) -> Result<Table, Vec<Diagnostic>> {
    refuse_deep(source, text)?;
    let (tree, errors) = DeTable::parse_recoverable(text);
    refuse_syntax(source, 0, &errors)?;
    let mut builder = Builder::new(source);
    let tree = builder.table(tree.into_inner());
    builder.finish(tree)
}

/// The value that `text` spells; places count from `offset`.
///
/// # Errors
/// As [`parse`].
pub(super) fn parse_value(
    source: SourceId,
    text: &str,
    offset: usize,
) -> Result<Spanned<Value>, Vec<Diagnostic>> {
    refuse_deep(source, text)?;
    let (value, errors) = DeValue::parse_recoverable(text);
    refuse_syntax(source, offset, &errors)?;
    let mut builder = Builder {
        offset,
        ..Builder::new(source)
    };
    let value = builder.value(value);
    builder.finish(value)
}

fn refuse_deep(source: SourceId, text: &str) -> Result<(), Vec<Diagnostic>> {
    let Some(range) = too_deep(text) else {
        return Ok(());
    };
    let rule = "nested deeper than 64 levels";
    Err(vec![
        Diagnostic::new(Place::new(source, range), "", rule).or("flatten it"),
    ])
}

fn refuse_syntax(
    source: SourceId,
    offset: usize,
    errors: &[toml::de::Error],
) -> Result<(), Vec<Diagnostic>> {
    let mut reasons = Vec::new();
    for error in errors.iter().take(MOST_SYNTAX) {
        let range = error.span().unwrap_or(0..0);
        let place = Place::new(source, range.start + offset..range.end + offset);
        // The parser puts what it expected on a second line.
        let rule = error.message().trim().replace('\n', ", ");
        let rule = rule.trim_end_matches(", expected nothing");
        reasons.push(Diagnostic::new(place, "not TOML", rule));
    }
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(reasons)
    }
}

/// Most keys of a table and most tables of an array: a scenario is written by people.
const MOST_ENTRIES: usize = 10_000;

struct Builder {
    source: SourceId,
    offset: usize,
    reasons: Vec<Diagnostic>,
}

impl Builder {
    fn new(source: SourceId) -> Self {
        Self {
            source,
            offset: 0,
            reasons: Vec::new(),
        }
    }

    fn finish<T>(self, built: T) -> Result<T, Vec<Diagnostic>> {
        if self.reasons.is_empty() {
            Ok(built)
        } else {
            Err(self.reasons)
        }
    }

    fn place(&self, range: std::ops::Range<usize>) -> Place {
        Place::new(
            self.source,
            range.start + self.offset..range.end + self.offset,
        )
    }

    /// Entries in the order written: the parser sorts them by name.
    fn table(&mut self, table: DeTable<'_>) -> Table {
        let mut entries = Vec::with_capacity(table.len());
        let first = table.keys().map(Marked::span).min_by_key(|span| span.start);
        self.bound(table.len(), first);
        for (key, value) in table {
            let place = self.place(key.span());
            let name = key.into_inner().into_owned();
            entries.push((Spanned::new(name, place), self.value(value)));
        }
        entries.sort_by_key(|(name, _)| name.place.start);
        Table { entries }
    }

    fn value(&mut self, marked: Marked<DeValue<'_>>) -> Spanned<Value> {
        let place = self.place(marked.span());
        let value = match marked.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                Value::Integer(self.number(parsed.ok(), place, &number.to_string()))
            }
            DeValue::Float(number) => {
                let parsed = number.as_str().parse::<f64>().ok();
                let finite = parsed.filter(|parsed| parsed.is_finite());
                Value::Float(self.number(finite, place, number.as_str()))
            }
            DeValue::Boolean(flag) => Value::Bool(flag),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Array(array) => {
                let tables = array.iter().filter(|entry| entry.get_ref().is_table());
                self.bound(tables.count(), array.first().map(Marked::span));
                Value::List(array.into_iter().map(|entry| self.value(entry)).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Spanned::new(value, place)
    }

    fn bound(&mut self, entries: usize, first: Option<std::ops::Range<usize>>) {
        if entries > MOST_ENTRIES {
            let rule = format!("{entries} entries, more than {MOST_ENTRIES}");
            let place = self.place(first.unwrap_or(0..0));
            let reason = Diagnostic::new(place, "", rule);
            self.reasons.push(reason.or("split the scenario"));
        }
    }

    fn number<N: Default>(&mut self, parsed: Option<N>, place: Place, written: &str) -> N {
        parsed.unwrap_or_else(|| {
            let rule = "not a finite number of 64 bits";
            let reason = Diagnostic::new(place, quoted(written), rule);
            self.reasons.push(reason.or("write a number in range"));
            N::default()
        })
    }
}

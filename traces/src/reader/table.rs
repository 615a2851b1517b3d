//! A table with a header line and comma-separated fields: columns by name, rows of equal length.

use std::ops::Range;

use sim_core::units::limits;

use super::{Lines, Source};
use crate::error::{Rule, TraceError};
use crate::record::FileName;

/// A table, read row by row.
pub(crate) struct Table<'a> {
    lines: Lines<'a>,
    header: Vec<String>,
    cells: Vec<Range<usize>>,
    held: bool,
}

/// The position of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column(usize);

/// One row; lives until the next is read.
pub(crate) struct Row<'t> {
    file: &'t FileName,
    number: u64,
    text: &'t str,
    header: &'t [String],
    cells: &'t [Range<usize>],
}

impl<'a> Table<'a> {
    /// Reads the header line.
    ///
    /// # Errors
    /// An empty file, an unreadable header, or a name that stands twice.
    pub(crate) fn open(source: Source<'a>) -> Result<Self, TraceError> {
        Self::begin(source, None)
    }

    /// As [`Table::open`], for a format published with or without its header line: without, the
    /// columns are `documented`.
    pub(crate) fn open_headless(
        source: Source<'a>,
        documented: &[&str],
    ) -> Result<Self, TraceError> {
        Self::begin(source, Some(documented))
    }

    fn begin(source: Source<'a>, documented: Option<&[&str]>) -> Result<Self, TraceError> {
        let mut lines = Lines::open(source)?;
        let mut cells = Vec::new();
        if !lines.advance()? {
            let rule = Rule::new("the file is empty", "give it a header line and rows");
            return Err(rule.at(lines.file(), (1, 1), ""));
        }
        let text = lines.text()?;
        split(text, &mut cells).map_err(|(at, rule)| rule.at(lines.file(), (1, at + 1), text))?;
        let names = cells
            .iter()
            .map(|cell| unquoted(&text[cell.clone()]).to_owned());
        let mut header: Vec<String> = names.collect();
        let held = match documented {
            Some(names) if !header.iter().any(|name| names.contains(&name.as_str())) => {
                header = names.iter().map(|&name| name.to_owned()).collect();
                true
            }
            Some(_) | None => false,
        };
        for (at, name) in header.iter().enumerate() {
            if header[..at].contains(name) {
                let rule = Rule::new("a column's name stands once", "rename or delete one");
                return Err(rule.at(lines.file(), (1, cells[at].start + 1), name));
            }
        }
        Ok(Self {
            lines,
            header,
            cells,
            held,
        })
    }

    /// The column of this name.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) fn column(&self, name: &str) -> Result<Column, TraceError> {
        self.optional(name).ok_or_else(|| {
            let has = self.header.join(", ");
            Rule::new("this column is missing", format!("the header has: {has}")).at(
                self.lines.file(),
                (1, 1),
                name,
            )
        })
    }

    /// That there should be rows.
    pub(crate) fn empty(&self, rule: &'static str) -> TraceError {
        Rule::new(rule, "check for a truncated file").at(self.lines.file(), (1, 1), "")
    }

    /// The column of this name, where there is one.
    pub(crate) fn optional(&self, name: &str) -> Option<Column> {
        self.header.iter().position(|n| n == name).map(Column)
    }

    /// The next row that is not blank. The outer error ends the reading, the inner one spoils only
    /// this row.
    ///
    /// # Errors
    /// See [`Lines::advance`].
    pub(crate) fn next_row(&mut self) -> Result<Option<Result<Row<'_>, TraceError>>, TraceError> {
        loop {
            // A headless table has its first row in hand already.
            let more = std::mem::take(&mut self.held) || self.lines.advance()?;
            if !more {
                return Ok(None);
            }
            if !self.lines.bytes().is_empty() {
                return Ok(Some(self.row()));
            }
        }
    }

    fn row(&mut self) -> Result<Row<'_>, TraceError> {
        let (file, number) = (self.lines.file(), self.lines.number());
        let text = self.lines.text()?;
        split(text, &mut self.cells)
            .map_err(|(at, rule)| rule.at(file, (number, at + 1), &text[at..]))?;
        if self.cells.len() != self.header.len() {
            let rule = format!(
                "a row has {} fields like the header, this has {}",
                self.header.len(),
                self.cells.len()
            );
            return Err(
                Rule::new(rule, "check for a truncated row or a stray comma").at(
                    file,
                    (number, 1),
                    text,
                ),
            );
        }
        Ok(Row {
            file,
            number,
            text,
            header: &self.header,
            cells: &self.cells,
        })
    }
}

impl<'t> Row<'t> {
    /// Line number, held to 32 bits.
    pub(crate) fn line(&self) -> u32 {
        u32::try_from(self.number).unwrap_or(u32::MAX)
    }

    /// The field's text, without blanks around it and without its quotes.
    pub(crate) fn text(&self, column: Column) -> &'t str {
        unquoted(&self.text[self.cells[column.0].clone()])
    }

    /// Whether the field says nothing: empty, or one of the words by which exporters mean nothing.
    pub(crate) fn is_missing(&self, column: Column) -> bool {
        matches!(
            self.text(column),
            "" | "NaN" | "nan" | "None" | "NULL" | "null" | "NA" | "NaT"
        )
    }

    /// The field as `parse` reads it.
    ///
    /// # Errors
    /// The rule that `parse` found broken, placed.
    pub(crate) fn parse<T>(
        &self,
        column: Column,
        parse: impl FnOnce(&'t str) -> Result<T, Rule>,
    ) -> Result<T, TraceError> {
        parse(self.text(column)).map_err(|rule| self.fault(column, rule))
    }

    /// As [`Row::parse`], where there is such a column and its field says something.
    ///
    /// # Errors
    /// The rule that `parse` found broken, placed.
    pub(crate) fn maybe<T>(
        &self,
        column: Option<Column>,
        parse: impl FnOnce(&'t str) -> Result<T, Rule>,
    ) -> Result<Option<T>, TraceError> {
        match column {
            Some(column) if !self.is_missing(column) => self.parse(column, parse).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    /// A broken rule, placed at the field.
    pub(crate) fn fault(&self, column: Column, rule: Rule) -> TraceError {
        let cell = &self.cells[column.0];
        let value = format!("{} = {}", self.header[column.0], &self.text[cell.clone()]);
        rule.at(self.file, (self.number, cell.start + 1), &value)
    }
}

fn unquoted(cell: &str) -> &str {
    let cell = cell.trim_matches([' ', '\t']);
    cell.strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(cell)
}

/// Cuts a line at its commas, those in quotes apart. Quotes within quotes occur in no format here.
fn split(line: &str, cells: &mut Vec<Range<usize>>) -> Result<(), (usize, Rule)> {
    cells.clear();
    let bytes = line.as_bytes();
    let mut start = 0;
    loop {
        if cells.len() == limits::MAX_FIELDS {
            let rule = format!("a line has at most {} fields", limits::MAX_FIELDS);
            return Err((
                start,
                Rule::new(rule, "check that this is a trace of this format"),
            ));
        }
        let rest = &bytes[start..];
        let quoted = if rest.first() == Some(&b'"') {
            let closing = rest[1..].iter().position(|&b| b == b'"');
            let closing = closing.ok_or_else(|| {
                let rule = Rule::new("a quote is closed on its line", "close it, or remove it");
                (start, rule)
            })?;
            closing + 2
        } else {
            0
        };
        let comma = rest[quoted..].iter().position(|&b| b == b',');
        let length = quoted + comma.unwrap_or(rest.len() - quoted);
        if quoted > 0 && length > quoted {
            let rule = Rule::new("nothing follows a closing quote", "remove it");
            return Err((start + quoted, rule));
        }
        cells.push(start..start + length);
        if comma.is_none() {
            return Ok(());
        }
        start += length + 1;
    }
}

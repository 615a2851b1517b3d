//! CSV of what was drawn: RFC 4180, one observation per row, and no cell a spreadsheet would run.

use std::borrow::Cow;

use crate::PlotError;

/// One cell of a tidy table.
pub(crate) enum Field<'a> {
    /// Words from outside; guarded against being read as a formula.
    Text(&'a str),
    /// A number in the shortest form that reads back exactly.
    Number(f64),
    /// A number already printed; never guarded.
    Printed(String),
    /// Nothing known.
    Empty,
}

impl Field<'_> {
    /// The number, or an empty cell.
    pub(crate) fn maybe(value: Option<f64>) -> Self {
        value.map_or(Field::Empty, Field::Number)
    }
}

/// A table under way.
pub(crate) struct Tidy {
    writer: csv::Writer<Vec<u8>>,
}

impl Tidy {
    /// A table with its head.
    pub(crate) fn new(columns: &[&str]) -> Result<Self, PlotError> {
        let writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        let mut tidy = Self { writer };
        let head: Vec<Field> = columns.iter().map(|c| Field::Text(c)).collect();
        tidy.row(&head)?;
        Ok(tidy)
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, fields: &[Field]) -> Result<(), PlotError> {
        let cells = fields.iter().map(|field| match field {
            Field::Text(text) => guarded(text),
            Field::Number(value) => Cow::Owned(shortest(*value)),
            Field::Printed(text) => Cow::Borrowed(text.as_str()),
            Field::Empty => Cow::Borrowed(""),
        });
        let cells: Vec<Cow<str>> = cells.collect();
        self.writer
            .write_record(cells.iter().map(|cell| cell.as_bytes()))
            .map_err(|error| PlotError::Renderer(error.to_string()))
    }

    /// The finished text.
    pub(crate) fn finish(self) -> Result<String, PlotError> {
        let bytes = self
            .writer
            .into_inner()
            .map_err(|error| PlotError::Renderer(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| PlotError::Renderer(error.to_string()))
    }
}

/// A cell that starts as a formula would gets an apostrophe, which spreadsheets hide.
fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The shortest text that parses to the same bits, in powers of ten where digits would pile up.
pub(crate) fn shortest(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-7..1e15).contains(&size) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_a_formula_and_numbers_stay_numbers() {
        let mut tidy = Tidy::new(&["name", "value"]).unwrap();
        tidy.row(&[Field::Text("=1+1"), Field::Number(-2.5)])
            .unwrap();
        tidy.row(&[Field::Text("a,\"b\"\nc"), Field::Empty])
            .unwrap();
        let text = tidy.finish().unwrap();
        assert_eq!(text, "name,value\r\n'=1+1,-2.5\r\n\"a,\"\"b\"\"\nc\",\r\n");
        for lead in ["+", "-", "@", "\t", "\r", "\0"] {
            assert!(guarded(&format!("{lead}x")).starts_with('\''));
        }
    }

    #[test]
    fn numbers_read_back_exactly() {
        for value in [0.1, -1e300, 5e-324, 0.0, 123_456_789.25] {
            let text = shortest(value);
            assert_eq!(
                text.parse::<f64>().unwrap().to_bits(),
                value.to_bits(),
                "{text}"
            );
            assert!(text.len() < 26);
        }
    }
}

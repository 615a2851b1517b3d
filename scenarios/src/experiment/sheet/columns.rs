//! A table in memory, column by column, laid out as Apache Arrow lays out its own, so that whoever takes one copies nothing.

use super::column::{Column, Kind};
use super::field::Field;
use super::parquet::Unfit;
use super::{Csv, printed};

/// A table in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// How many rows it has.
    pub rows: usize,
    /// Its columns, in their order; each has a value a row.
    pub series: Vec<Series>,
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// Of its numbers; empty if they have none.
    pub unit: &'static str,
    /// What it says.
    pub doc: &'static str,
    /// By row, whether there is anything.
    pub valid: Vec<bool>,
    /// By row; where there is nothing, zero or an empty text.
    pub values: Values,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// UTF-8: text `i` is `bytes[ends[i]..ends[i + 1]]`; the first end is zero.
    Texts {
        /// One more than there are rows.
        ends: Vec<i64>,
        /// All texts, one after the other.
        bytes: Vec<u8>,
    },
    /// True or false.
    Flags(Vec<bool>),
    /// Integers.
    Wholes(Vec<i64>),
    /// Exact decimal numbers: how many digits are behind the point, and the numbers without it.
    Decimals(u8, Vec<i128>),
    /// Doubles.
    Reals(Vec<f64>),
}

impl Columns {
    /// The table as CSV: the bytes that a file of it has.
    pub fn csv(&self) -> Vec<u8> {
        let declared: Vec<Column> = self.series.iter().map(Series::declared).collect();
        let mut csv = Csv::new(self.series.iter().map(|series| series.name.as_str()));
        for row in 0..self.rows {
            let fields: Vec<Field> = self.series.iter().map(|series| series.field(row)).collect();
            csv.row(printed(&declared, &fields));
        }
        csv.bytes()
    }
}

impl Series {
    fn field(&self, row: usize) -> Field {
        if !self.valid[row] {
            return Field::Empty;
        }
        match &self.values {
            Values::Texts { ends, bytes } => {
                let at = |row: usize| usize::try_from(ends[row]).expect("an index into bytes");
                let text = bytes[at(row)..at(row + 1)].to_vec();
                Field::Text(String::from_utf8(text).expect("texts were put in"))
            }
            Values::Flags(all) => Field::Flag(all[row]),
            Values::Wholes(all) => Field::Whole(all[row].into()),
            Values::Decimals(_, all) => Field::Whole(all[row]),
            Values::Reals(all) => Field::Real(all[row]),
        }
    }

    fn declared(&self) -> Column {
        let kind = match self.values {
            Values::Texts { .. } => Kind::Text,
            Values::Flags(_) => Kind::Flag,
            Values::Wholes(_) => Kind::Whole,
            Values::Decimals(places, _) => Kind::Decimal(places),
            Values::Reals(_) => Kind::Real,
        };
        Column {
            kind,
            unit: self.unit,
            ..Column::named(self.name.clone(), self.doc)
        }
    }

    fn add(&mut self, field: Field) -> Result<(), i128> {
        self.valid.push(field != Field::Empty);
        match (&mut self.values, field) {
            (Values::Texts { ends, bytes }, field) => {
                match field {
                    Field::Text(text) => bytes.extend(text.into_bytes()),
                    Field::Empty => {}
                    Field::Flag(_) | Field::Whole(_) | Field::Real(_) => panic!("{OTHER}"),
                }
                ends.push(i64::try_from(bytes.len()).expect("memory ends before"));
            }
            (Values::Flags(all), Field::Empty) => all.push(false),
            (Values::Wholes(all), Field::Empty) => all.push(0),
            (Values::Decimals(_, all), Field::Empty) => all.push(0),
            (Values::Reals(all), Field::Empty) => all.push(0.0),
            (Values::Flags(all), Field::Flag(flag)) => all.push(flag),
            (Values::Wholes(all), Field::Whole(whole)) => {
                all.push(i64::try_from(whole).map_err(|_| whole)?);
            }
            (Values::Decimals(_, all), Field::Whole(digits)) => {
                if digits.unsigned_abs() >= 10_u128.pow(DIGITS) {
                    return Err(digits);
                }
                all.push(digits);
            }
            // A sum of nothing is minus zero.
            (Values::Reals(all), Field::Real(value)) => all.push(value + 0.0),
            (_, Field::Text(_) | Field::Flag(_) | Field::Whole(_) | Field::Real(_)) => {
                panic!("{OTHER}")
            }
        }
        Ok(())
    }
}

/// Digits of a decimal number: as many as 16 bytes hold.
const DIGITS: u32 = 38;

const OTHER: &str = "a field of another kind than its column";

/// Rows on their way into memory.
pub(super) struct Rows {
    columns: Columns,
    /// The first number that does not fit; nothing is taken after it.
    unfit: Option<Unfit>,
}

impl Rows {
    pub(super) fn new(columns: &[Column]) -> Self {
        let series = columns.iter().map(|column| Series {
            name: column.name.to_string(),
            unit: column.unit,
            doc: column.doc,
            valid: Vec::new(),
            values: match column.kind {
                Kind::Text => Values::Texts {
                    ends: vec![0],
                    bytes: Vec::new(),
                },
                Kind::Flag => Values::Flags(Vec::new()),
                Kind::Whole => Values::Wholes(Vec::new()),
                Kind::Decimal(places) => Values::Decimals(places, Vec::new()),
                Kind::Real => Values::Reals(Vec::new()),
            },
        });
        Self {
            columns: Columns {
                rows: 0,
                series: series.collect(),
            },
            unfit: None,
        }
    }

    pub(super) fn add(&mut self, fields: Vec<Field>) {
        let series = &mut self.columns.series;
        assert_eq!(fields.len(), series.len(), "a field a column");
        if self.unfit.is_some() {
            return;
        }
        for (series, field) in series.iter_mut().zip(fields) {
            if let Err(value) = series.add(field) {
                let column = series.name.clone();
                self.unfit = Some(Unfit { column, value });
                return;
            }
        }
        self.columns.rows += 1;
    }

    pub(super) fn finish(self) -> Result<Columns, Unfit> {
        self.unfit.map_or(Ok(self.columns), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Form, Made, Sheet};
    use super::*;

    const COLUMNS: [Column; 5] = [
        Column::text("name", "Of the row"),
        Column::flag("flag", "Whether"),
        Column::us("at_us", "When"),
        Column::decimal("share", ("", 3), "Of all"),
        Column::real("value", "s", "How long"),
    ];

    fn rows() -> [Vec<Field>; 3] {
        [
            vec![
                "=ä, \"b\"".into(),
                true.into(),
                7_u64.into(),
                Field::Whole(-1500),
                0.1.into(),
            ],
            vec![Field::Empty; 5],
            vec![
                "c".into(),
                false.into(),
                Field::Whole((i64::MIN).into()),
                Field::Whole(0),
                (-0.0).into(),
            ],
        ]
    }

    fn sheet(made: Made) -> Sheet {
        let mut sheet = Sheet::new(made, &COLUMNS);
        for row in rows() {
            sheet.row(row);
        }
        sheet
    }

    #[test]
    fn columns_print_as_the_file_of_the_same_rows() {
        let columns = sheet(Made::Columns).columns().expect("numbers that fit");
        let file = sheet(Form::Csv.into()).bytes().expect("numbers that fit");
        assert_eq!(columns.csv(), file);
        assert_eq!(columns.rows, 3);
        assert_eq!(columns.series[2].unit, "us");
        let Values::Texts { ends, bytes } = &columns.series[0].values else {
            panic!("texts");
        };
        assert_eq!(ends, &[0, 8, 8, 9]);
        assert_eq!(bytes.len(), 9);
    }

    #[test]
    fn a_number_beyond_64_bits_is_named_with_its_column() {
        let mut sheet = Sheet::new(Made::Columns, &COLUMNS[2..3]);
        sheet.row([Field::Whole(i128::from(i64::MAX) + 1)]);
        sheet.row([Field::Whole(0)]);
        let unfit = sheet.columns().expect_err("too large");
        assert_eq!((unfit.column.as_str(), unfit.value), ("at_us", 1 << 63));
    }
}

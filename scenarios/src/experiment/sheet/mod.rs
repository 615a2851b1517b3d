//! Tables as files hold them: columns are declared once, rows are given once, and either form of file comes of them.

mod column;
mod csv;
mod field;
mod parquet;

pub(crate) use self::column::{Column, Layout};
pub(crate) use self::csv::{Csv, text};
pub(crate) use self::field::Field;
pub use self::parquet::Unfit;

/// The form of a file that holds a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// RFC 4180.
    #[default]
    Csv,
    /// Apache Parquet.
    Parquet,
}

impl Form {
    /// What the names of its files end in.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

/// The line over the rows of a table, as CSV.
pub(crate) fn heading(columns: &[Column]) -> Vec<u8> {
    Csv::new(columns.iter().map(|column| &*column.name)).bytes()
}

/// Rows alone, as CSV, to go below others.
pub(crate) fn rows(columns: &[Column], rows: impl IntoIterator<Item = Vec<Field>>) -> Vec<u8> {
    let mut csv = Csv::new([]);
    for fields in rows {
        csv.row(printed(columns, &fields));
    }
    csv.bytes()
}

/// Fields as CSV holds them.
fn printed(columns: &[Column], fields: &[Field]) -> impl Iterator<Item = String> {
    assert_eq!(fields.len(), columns.len(), "a field a column");
    let both = columns.iter().zip(fields);
    both.map(|(column, field)| field.printed(column.kind))
}

/// A table in the making.
pub(crate) struct Sheet {
    columns: Vec<Column>,
    rows: Rows,
}

enum Rows {
    Csv(Csv),
    Parquet(parquet::Rows),
}

impl Sheet {
    /// A table without rows.
    pub(crate) fn new(form: Form, columns: &[Column]) -> Self {
        let rows = match form {
            Form::Csv => Rows::Csv(Csv::new(columns.iter().map(|column| &*column.name))),
            Form::Parquet => Rows::Parquet(parquet::Rows::new(columns)),
        };
        Self {
            columns: columns.to_vec(),
            rows,
        }
    }

    /// Adds a row: a field a column.
    pub(crate) fn row(&mut self, fields: impl IntoIterator<Item = Field>) {
        let fields: Vec<Field> = fields.into_iter().collect();
        match &mut self.rows {
            Rows::Csv(csv) => csv.row(printed(&self.columns, &fields)),
            Rows::Parquet(rows) => rows.add(fields),
        }
    }

    /// What is ready of the file, to be written before the rest: whatever the rows, no more is held than a group of them.
    pub(crate) fn drain(&mut self) -> Vec<u8> {
        match &mut self.rows {
            Rows::Csv(csv) => std::mem::replace(csv, Csv::new([])).bytes(),
            Rows::Parquet(rows) => rows.drain(),
        }
    }

    /// The file, or the rest of one that was drained.
    ///
    /// # Errors
    /// A number that the form does not hold.
    pub(crate) fn bytes(self) -> Result<Vec<u8>, Unfit> {
        match self.rows {
            Rows::Csv(csv) => Ok(csv.bytes()),
            Rows::Parquet(rows) => rows.bytes(),
        }
    }
}

//! Tables as files and programs hold them: columns are declared once, rows are given once, and either form of file comes of
//! them, or columns in memory.

mod column;
mod columns;
mod csv;
mod field;
mod parquet;

pub(crate) use self::column::{Column, Layout};
pub use self::columns::{Columns, Series, Values};
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

/// What is made of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// A file.
    File(Form),
    /// Columns in memory.
    Columns,
}

impl From<Form> for Made {
    fn from(form: Form) -> Self {
        Self::File(form)
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
    Columns(columns::Rows),
}

impl Sheet {
    /// A table without rows.
    pub(crate) fn new(made: Made, columns: &[Column]) -> Self {
        let rows = match made {
            Made::File(Form::Csv) => {
                Rows::Csv(Csv::new(columns.iter().map(|column| &*column.name)))
            }
            Made::File(Form::Parquet) => Rows::Parquet(parquet::Rows::new(columns)),
            Made::Columns => Rows::Columns(columns::Rows::new(columns)),
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
            Rows::Columns(rows) => rows.add(fields),
        }
    }

    /// What is ready of the file, to be written before the rest: whatever the rows, no more is held than a group of them.
    pub(crate) fn drain(&mut self) -> Vec<u8> {
        match &mut self.rows {
            Rows::Csv(csv) => std::mem::replace(csv, Csv::new([])).bytes(),
            Rows::Parquet(rows) => rows.drain(),
            Rows::Columns(_) => Vec::new(),
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
            Rows::Columns(_) => panic!("columns in memory are no file"),
        }
    }

    /// The table in memory.
    ///
    /// # Errors
    /// A number beyond 64 bits.
    pub(crate) fn columns(self) -> Result<Columns, Unfit> {
        match self.rows {
            Rows::Columns(rows) => rows.finish(),
            Rows::Csv(_) | Rows::Parquet(_) => panic!("a file is not in columns"),
        }
    }
}

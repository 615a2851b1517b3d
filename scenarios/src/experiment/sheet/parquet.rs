//! Apache Parquet, the same bytes for the same rows: nothing in a file says when, where or by which build it was written.
//!
//! Every column may be empty. Integers lie as differences, texts by dictionary, all of it compressed by Snappy; a group holds
//! [`FIELDS`] fields, and at most [`GROUP`] rows.

use std::fmt;
use std::sync::Arc;

use parquet::basic::{
    Compression, ConvertedType, Encoding, LogicalType, Repetition, Type as Physical,
};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray,
    FixedLenByteArrayType, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::column::{Column, Kind};
use super::field::Field;

/// Rows of a group, of a narrow table.
const GROUP: usize = 1 << 17;

/// Fields of a group: of a wide table it holds fewer rows, so that a group takes some tens of megabytes at most.
const FIELDS: usize = 1 << 21;

/// Digits of a decimal number: as many as 16 bytes hold.
const DIGITS: u32 = 38;

/// Why nothing goes wrong: rows are typed by the declaration that made the schema, and go to memory.
const TAKES: &str = "memory takes what fits its schema";

/// A number that a typed column does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// The column.
    pub column: String,
    /// The number, all its digits.
    pub value: i128,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, value } = self;
        write!(
            f,
            "{column} = {value}: beyond 64 bits, which is what a column holds; write CSV"
        )
    }
}

impl std::error::Error for Unfit {}

/// Rows on their way into a file.
pub(super) struct Rows {
    columns: Vec<Held>,
    names: Vec<String>,
    /// Rows of a whole group.
    group: usize,
    /// Rows of the group that is being filled.
    filled: usize,
    file: SerializedFileWriter<Vec<u8>>,
    /// The first number that does not fit; nothing is taken after it.
    unfit: Option<Unfit>,
}

/// What a group holds of one column: at which rows there is something, and what.
struct Held {
    levels: Vec<i16>,
    values: Values,
}

enum Values {
    Texts(Vec<ByteArray>),
    Flags(Vec<bool>),
    Wholes(Vec<i64>),
    Decimals(Vec<FixedLenByteArray>),
    Reals(Vec<f64>),
}

impl Rows {
    pub(super) fn new(columns: &[Column]) -> Self {
        let fields = columns.iter().map(|column| Arc::new(schema(column)));
        let schema = Type::group_type_builder("table").with_fields(fields.collect());
        let schema = schema.build().expect("columns have names of their own");
        let mut properties = WriterProperties::builder()
            .set_created_by(concat!("windtunnel version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(None)
            .set_dictionary_enabled(false);
        for column in columns {
            let path = ColumnPath::new(vec![column.name.to_string()]);
            properties = match column.kind {
                Kind::Text => properties.set_column_dictionary_enabled(path, true),
                Kind::Whole => properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
                Kind::Flag | Kind::Decimal(_) | Kind::Real => properties,
            };
        }
        let file =
            SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build()));
        Self {
            columns: columns.iter().map(|column| Held::of(column.kind)).collect(),
            names: columns
                .iter()
                .map(|column| column.name.to_string())
                .collect(),
            group: group(columns.len()),
            filled: 0,
            file: file.expect(TAKES),
            unfit: None,
        }
    }

    pub(super) fn add(&mut self, fields: Vec<Field>) {
        assert_eq!(fields.len(), self.columns.len(), "a field a column");
        if self.unfit.is_some() {
            return;
        }
        for ((held, field), column) in self.columns.iter_mut().zip(fields).zip(&self.names) {
            if let Err(value) = held.add(field) {
                let column = column.clone();
                self.unfit = Some(Unfit { column, value });
                return;
            }
        }
        self.filled += 1;
        if self.filled == self.group {
            self.flush();
        }
    }

    /// What was written of whole groups since the last time.
    pub(super) fn drain(&mut self) -> Vec<u8> {
        // The writer counts its bytes itself: taking them away moves nothing that is still to come.
        std::mem::take(self.file.inner_mut())
    }

    pub(super) fn bytes(mut self) -> Result<Vec<u8>, Unfit> {
        if let Some(unfit) = self.unfit {
            return Err(unfit);
        }
        if self.filled > 0 {
            self.flush();
        }
        Ok(self.file.into_inner().expect(TAKES))
    }

    /// Writes the group.
    fn flush(&mut self) {
        let mut group = self.file.next_row_group().expect(TAKES);
        for held in &mut self.columns {
            let column = group.next_column().expect(TAKES);
            held.write(column.expect("as many as the schema has"))
                .expect(TAKES);
        }
        group.close().expect(TAKES);
        self.filled = 0;
    }
}

/// Rows of a group of a table with so many columns.
fn group(columns: usize) -> usize {
    (FIELDS / columns.max(1)).clamp(1, GROUP)
}

impl Held {
    fn of(kind: Kind) -> Self {
        let values = match kind {
            Kind::Text => Values::Texts(Vec::new()),
            Kind::Flag => Values::Flags(Vec::new()),
            Kind::Whole => Values::Wholes(Vec::new()),
            Kind::Decimal(_) => Values::Decimals(Vec::new()),
            Kind::Real => Values::Reals(Vec::new()),
        };
        Self {
            levels: Vec::new(),
            values,
        }
    }

    /// Takes a field, or gives back the number that is too large.
    fn add(&mut self, field: Field) -> Result<(), i128> {
        self.levels.push(i16::from(field != Field::Empty));
        match (&mut self.values, field) {
            (_, Field::Empty) => {}
            (Values::Texts(all), Field::Text(text)) => all.push(text.into_bytes().into()),
            (Values::Flags(all), Field::Flag(flag)) => all.push(flag),
            (Values::Wholes(all), Field::Whole(whole)) => {
                all.push(i64::try_from(whole).map_err(|_| whole)?);
            }
            (Values::Decimals(all), Field::Whole(digits)) => {
                if digits.unsigned_abs() >= 10_u128.pow(DIGITS) {
                    return Err(digits);
                }
                all.push(digits.to_be_bytes().to_vec().into());
            }
            // A sum of nothing is minus zero.
            (Values::Reals(all), Field::Real(value)) => all.push(value + 0.0),
            (_, field) => panic!("{field:?} in a column of another kind"),
        }
        Ok(())
    }

    /// Writes what is held of the group, which is then empty.
    fn write(&mut self, column: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = std::mem::take(&mut self.levels);
        match &mut self.values {
            Values::Texts(all) => put::<ByteArrayType>(column, all, &levels),
            Values::Flags(all) => put::<BoolType>(column, all, &levels),
            Values::Wholes(all) => put::<Int64Type>(column, all, &levels),
            Values::Decimals(all) => put::<FixedLenByteArrayType>(column, all, &levels),
            Values::Reals(all) => put::<DoubleType>(column, all, &levels),
        }
    }
}

fn put<T: DataType>(
    mut column: SerializedColumnWriter<'_>,
    values: &mut Vec<T::T>,
    levels: &[i16],
) -> Result<(), ParquetError> {
    let values = std::mem::take(values);
    column
        .typed::<T>()
        .write_batch(&values, Some(levels), None)?;
    column.close()
}

fn schema(column: &Column) -> Type {
    let physical = match column.kind {
        Kind::Text => Physical::BYTE_ARRAY,
        Kind::Flag => Physical::BOOLEAN,
        Kind::Whole => Physical::INT64,
        Kind::Decimal(_) => Physical::FIXED_LEN_BYTE_ARRAY,
        Kind::Real => Physical::DOUBLE,
    };
    let precision = i32::try_from(DIGITS).expect("two digits");
    let field = Type::primitive_type_builder(&column.name, physical);
    let field = field.with_repetition(Repetition::OPTIONAL);
    let field = match column.kind {
        Kind::Text => field
            .with_logical_type(Some(LogicalType::String))
            .with_converted_type(ConvertedType::UTF8),
        Kind::Decimal(places) => field
            .with_logical_type(Some(LogicalType::decimal(places.into(), precision)))
            .with_converted_type(ConvertedType::DECIMAL)
            .with_length(16)
            .with_precision(precision)
            .with_scale(places.into()),
        Kind::Flag | Kind::Whole | Kind::Real => field,
    };
    field.build().expect("a type of the format")
}

#[cfg(test)]
mod tests;

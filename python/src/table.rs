//! Tables as Arrow hands them over: columns that data frames take by pointer, without a copy.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array, LargeStringArray,
    RecordBatch, RecordBatchIterator, RecordBatchOptions,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, Schema};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule, PyDict};
use scenarios::experiment::{Columns, Series, Values};

/// Digits of decimal numbers.
const DIGITS: u8 = 38;

/// A table of results. Whatever speaks Arrow's `PyCapsule` interface takes it without a copy: `polars.DataFrame(table)`,
/// `pyarrow.table(table)`, `pandas.DataFrame.from_arrow(table)`, `DuckDB`.
#[pyclass(frozen, module = "windtunnel")]
pub(crate) struct Table {
    batch: RecordBatch,
    /// Of each column, the unit of its numbers and what it says.
    said: Vec<(&'static str, &'static str)>,
}

impl From<Columns> for Table {
    fn from(columns: Columns) -> Self {
        let rows = columns.rows;
        let said = columns.series.iter();
        let said = said.map(|series| (series.unit, series.doc)).collect();
        let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) =
            columns.series.into_iter().map(column).unzip();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new_with_options(schema, arrays, &options);
        Self {
            batch: batch.expect("columns of one length"),
            said,
        }
    }
}

/// A column under Arrow's names: its memory moves, nothing is copied but the bits of flags and of what is missing.
fn column(series: Series) -> (Field, ArrayRef) {
    let nulls = NullBuffer::from(series.valid);
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    let array: ArrayRef = match series.values {
        Values::Texts { ends, bytes } => {
            let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
            let texts = LargeStringArray::try_new(ends, Buffer::from_vec(bytes), nulls);
            Arc::new(texts.expect("texts that end in their order"))
        }
        Values::Flags(all) => Arc::new(BooleanArray::new(BooleanBuffer::from(all), nulls)),
        Values::Wholes(all) => Arc::new(Int64Array::new(all.into(), nulls)),
        Values::Decimals(places, all) => {
            let places = i8::try_from(places).expect("digits behind a point");
            let decimals = Decimal128Array::new(all.into(), nulls);
            let decimals = decimals.with_precision_and_scale(DIGITS, places);
            Arc::new(decimals.expect("38 digits are enough for any scale here"))
        }
        Values::Reals(all) => Arc::new(Float64Array::new(all.into(), nulls)),
    };
    let field = Field::new(series.name, array.data_type().clone(), true);
    let said = [("unit", series.unit), ("doc", series.doc)];
    let said = said.into_iter().filter(|(_, words)| !words.is_empty());
    let said = said.map(|(key, words)| (key.to_owned(), words.to_owned()));
    let said: HashMap<String, String> = said.collect();
    (field.with_metadata(said), array)
}

/// The column as it was before Arrow had it.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "Arrow's types, of which we make five"
)]
fn series(name: &str, array: &ArrayRef, (unit, doc): (&'static str, &'static str)) -> Series {
    let values = match array.data_type() {
        DataType::LargeUtf8 => {
            let texts = array.as_string::<i64>();
            Values::Texts {
                ends: texts.value_offsets().to_vec(),
                bytes: texts.value_data().to_vec(),
            }
        }
        DataType::Boolean => Values::Flags(array.as_boolean().values().iter().collect()),
        DataType::Int64 => Values::Wholes(array.as_primitive::<Int64Type>().values().to_vec()),
        DataType::Decimal128(_, places) => {
            let places = u8::try_from(*places).expect("digits behind a point");
            let decimals = array.as_primitive::<Decimal128Type>();
            Values::Decimals(places, decimals.values().to_vec())
        }
        DataType::Float64 => Values::Reals(array.as_primitive::<Float64Type>().values().to_vec()),
        other => unreachable!("no column is made as {other}"),
    };
    Series {
        name: name.to_owned(),
        unit,
        doc,
        valid: (0..array.len()).map(|row| array.is_valid(row)).collect(),
        values,
    }
}

#[pymethods]
impl Table {
    /// The names of its columns, in their order.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        let schema = self.batch.schema();
        let fields = schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    /// Of each column, the unit of its numbers; empty if they have none.
    #[getter]
    fn units<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.told(py, |(unit, _)| unit)
    }

    /// Of each column, what it says.
    #[getter]
    fn docs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.told(py, |(_, doc)| doc)
    }

    /// How many rows it has.
    #[getter]
    fn num_rows(&self) -> usize {
        self.batch.num_rows()
    }

    fn __len__(&self) -> usize {
        self.num_rows()
    }

    fn __repr__(&self) -> String {
        let (rows, columns) = (self.num_rows(), self.batch.num_columns());
        format!("<windtunnel.Table of {rows} rows, {columns} columns>")
    }

    /// The table as CSV, the same bytes that the command line writes.
    fn csv<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let schema = self.batch.schema();
        let fields = schema.fields().iter().zip(self.batch.columns());
        let columns = Columns {
            rows: self.num_rows(),
            series: fields
                .zip(&self.said)
                .map(|((field, array), said)| series(field.name(), array, *said))
                .collect(),
        };
        PyBytes::new(py, &columns.csv())
    }

    /// As a `pyarrow.Table`.
    fn to_arrow<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("pyarrow")?.call_method1("table", (slf,))
    }

    /// As a `polars.DataFrame`.
    fn to_polars<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("polars")?.call_method1("DataFrame", (slf,))
    }

    /// As a `pandas.DataFrame` whose columns are Arrow's.
    fn to_pandas<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let mapper = PyDict::new(py);
        mapper.set_item("types_mapper", py.import("pandas")?.getattr("ArrowDtype")?)?;
        Self::to_arrow(slf)?.call_method("to_pandas", (), Some(&mapper))
    }

    /// The schema, for whatever speaks Arrow's `PyCapsule` interface.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.batch.schema().as_ref());
        let schema = schema.expect("types that C knows");
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    /// The table, for whatever speaks Arrow's `PyCapsule` interface; in its own types, whatever is asked for.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let batches = std::iter::once(Ok(self.batch.clone()));
        let reader = RecordBatchIterator::new(batches, self.batch.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}

impl Table {
    fn told<'py>(
        &self,
        py: Python<'py>,
        which: impl Fn((&'static str, &'static str)) -> &'static str,
    ) -> PyResult<Bound<'py, PyDict>> {
        let told = PyDict::new(py);
        for (name, said) in self.column_names().into_iter().zip(&self.said) {
            told.set_item(name, which(*said))?;
        }
        Ok(told)
    }
}

/// Tables by name, as Python has them.
pub(crate) fn by_name<N: AsRef<str>>(
    py: Python<'_>,
    tables: impl IntoIterator<Item = (N, Columns)>,
) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    for (name, columns) in tables {
        dict.set_item(name.as_ref(), Py::new(py, Table::from(columns))?)?;
    }
    Ok(dict)
}

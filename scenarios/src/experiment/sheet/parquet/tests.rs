//! What is written reads back, and is written the same every time.

use std::fs::File;
use std::io::{Seek as _, Write as _};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field as Read;

use super::super::{Form, Sheet};
use super::*;

const COLUMNS: [Column; 5] = [
    Column::text("name", ""),
    Column::flag("done", ""),
    Column::us("time_us", ""),
    Column::decimal("gpus", ("", 3), ""),
    Column::real("mean", "", ""),
];

/// A row of each kind of number, and every third row empty.
fn row(at: u32) -> [Field; 5] {
    if at % 3 == 2 {
        return [const { Field::Empty }; 5];
    }
    let whole = i128::from(at);
    [
        format!("job {}", at % 7).into(),
        at.is_multiple_of(2).into(),
        (whole * 1_000_000 - 5).into(),
        (-whole * 500).into(),
        (f64::from(at) / 8.0).into(),
    ]
}

fn reader(bytes: &[u8]) -> SerializedFileReader<File> {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file.rewind().expect("from the start");
    SerializedFileReader::new(file).expect("Parquet")
}

fn file(rows: u32) -> Vec<u8> {
    let mut sheet = Sheet::new(Form::Parquet.into(), &COLUMNS);
    for at in 0..rows {
        sheet.row(row(at));
    }
    sheet.bytes().expect("small numbers")
}

#[test]
fn what_is_written_reads_back() {
    let rows = u32::try_from(GROUP).expect("few") + 5;
    let reader = reader(&file(rows));
    assert_eq!(reader.num_row_groups(), 2);
    let written = reader.metadata().file_metadata().created_by();
    let version = concat!("windtunnel version ", env!("CARGO_PKG_VERSION"));
    assert_eq!(written, Some(version));
    let mut at = 0;
    for read in reader.get_row_iter(None).expect("rows") {
        let read = read.expect("a row");
        let fields: Vec<Field> = read.get_column_iter().map(|(_, field)| of(field)).collect();
        assert_eq!(fields, row(at), "row {at}");
        at += 1;
    }
    assert_eq!(at, rows);
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the many types of the format our tables have these"
)]
fn of(field: &Read) -> Field {
    match field {
        Read::Null => Field::Empty,
        Read::Str(text) => text.as_str().into(),
        Read::Bool(flag) => (*flag).into(),
        Read::Long(whole) => i128::from(*whole).into(),
        Read::Double(value) => (*value).into(),
        Read::Decimal(digits) => {
            assert_eq!((digits.precision(), digits.scale()), (38, 3));
            let bytes = digits.data().try_into().expect("16 bytes");
            i128::from_be_bytes(bytes).into()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_rows_are_the_same_bytes() {
    assert!(file(1000) == file(1000));
    let digest = blake3::hash(&file(1000)).to_hex();
    assert_eq!(&digest[..16], "283ebea9ccba128f");
}

#[test]
fn a_table_without_rows_has_its_columns() {
    let reader = reader(&file(0));
    let schema = reader.metadata().file_metadata().schema();
    let names: Vec<&str> = schema.get_fields().iter().map(|own| own.name()).collect();
    assert_eq!(names, ["name", "done", "time_us", "gpus", "mean"]);
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
}

#[test]
fn a_number_beyond_its_column_is_told() {
    let mut sheet = Sheet::new(Form::Parquet.into(), &COLUMNS);
    let mut fields = row(0);
    fields[2] = (i128::from(i64::MAX) + 1).into();
    sheet.row(fields);
    let unfit = sheet.bytes().expect_err("too large");
    assert_eq!((unfit.column.as_str(), unfit.value), ("time_us", 1 << 63));
}

#[test]
fn a_table_that_is_drained_as_it_grows_is_the_same_file_and_holds_one_group_at_most() {
    let rows = u32::try_from(3 * GROUP).expect("few") + 5;
    let mut sheet = Sheet::new(Form::Parquet.into(), &COLUMNS);
    let (mut drained, mut pieces) = (Vec::new(), Vec::new());
    for at in 0..rows {
        sheet.row(row(at));
        let piece = sheet.drain();
        if !piece.is_empty() {
            drained.extend_from_slice(&piece);
            pieces.push((at + 1, piece.len()));
        }
    }
    let rest = sheet.bytes().expect("small numbers");
    // What is left at the end is the last group of five rows and the footer.
    assert!(rest.len() < 16 << 10, "{} bytes are left", rest.len());
    drained.extend_from_slice(&rest);
    assert!(drained == file(rows));
    let ends: Vec<u32> = pieces.iter().map(|(at, _)| *at).collect();
    let group = u32::try_from(GROUP).expect("few");
    assert_eq!(ends, [group, 2 * group, 3 * group]);
}

#[test]
fn a_wide_table_has_smaller_groups() {
    assert_eq!([5, 16, 128].map(group), [GROUP, GROUP, 1 << 14]);
    assert_eq!(group(usize::MAX), 1);
}

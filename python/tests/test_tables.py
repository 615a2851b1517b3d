"""Tables go into data frames by pointer: what a frame reads is the memory that the run wrote."""

import csv
import gc
import io
from decimal import Decimal

import pandas
import polars
import pyarrow
import pytest
import windtunnel
from conftest import TINY


@pytest.fixture(scope="module")
def flown():
    return windtunnel.run(TINY, tables=["jobs", "nodes", "timeline", "decisions", "bill"])


def addresses(table, column):
    """Where pyarrow finds the values of a column."""
    chunks = pyarrow.table(table).column(column).chunks
    assert len(chunks) == 1
    return chunks[0].buffers()[-1].address


NUMBERS = ["submit_us", "cost_nanousd", "wait_us"]


@pytest.mark.parametrize("column", NUMBERS)
def test_every_export_is_the_same_memory(flown, column):
    assert addresses(flown.jobs, column) == addresses(flown.jobs, column)


@pytest.mark.parametrize("column", NUMBERS)
def test_polars_takes_columns_without_a_copy(flown, column):
    for frame in [polars.DataFrame(flown.jobs), flown.jobs.to_polars()]:
        assert len(frame) == len(flown.jobs)
        assert addresses(frame.to_arrow(), column) == addresses(flown.jobs, column)


@pytest.mark.parametrize("column", NUMBERS)
def test_pandas_takes_columns_without_a_copy(flown, column):
    frame = flown.jobs.to_pandas()
    (chunk,) = frame[column].array.__arrow_array__().chunks
    assert chunk.buffers()[-1].address == addresses(flown.jobs, column)
    by_itself = pandas.DataFrame.from_arrow(flown.jobs)
    assert len(by_itself) == len(flown.jobs) and list(by_itself) == flown.jobs.column_names


def test_a_frame_outlives_the_table_that_it_was_made_of():
    table = windtunnel.run(TINY, tables=["jobs"]).jobs
    kept = polars.DataFrame(table)
    total = sum(kept["submit_us"].to_list())
    del table
    gc.collect()
    assert kept["submit_us"].sum() == total > 0


def printed(value):
    """As CSV has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def test_frames_hold_the_values_of_the_csv(flown):
    for name, table in flown.tables.items():
        rows = list(csv.DictReader(io.StringIO(table.csv().decode(), newline="")))
        frame = polars.DataFrame(table)
        assert frame.columns == list(rows[0]) == table.column_names
        assert frame.height == len(rows) == table.num_rows == len(table)
        for column in frame.columns:
            if frame.schema[column].is_float():
                ours = [row[column] and float(row[column]) for row in rows]
                assert [("" if own is None else own) for own in frame[column]] == ours, (name, column)
            else:
                assert [printed(own) for own in frame[column]] == [row[column] for row in rows], (name, column)


def test_types_are_those_of_the_documentation(flown):
    schema = pyarrow.schema(flown.jobs)
    assert schema.field("submit_us").type == pyarrow.int64()
    assert schema.field("gpus").type == pyarrow.decimal128(38, 3)
    assert schema.field("sla_violated").type == pyarrow.bool_()
    assert schema.field("name").type == pyarrow.large_string()
    assert schema.field("submit_us").metadata == {b"unit": b"us", b"doc": b"When it came"}
    assert flown.jobs.units["cost_nanousd"] == "nano-USD"
    assert flown.jobs.docs["submit_us"] == "When it came"


def test_a_table_without_rows_keeps_its_columns(flown):
    empty = windtunnel.run(TINY, tables=["services"]).services
    assert len(empty) == 0
    assert polars.DataFrame(empty).columns == empty.column_names == pyarrow.table(empty).column_names
    assert empty.csv().decode().strip().split(",") == empty.column_names

"""Reads what a comparison and an export left with the tools of the field: pandas, polars and duckdb the tables, Evalys the
schedule, Altair the figures; checks the trace of events against the rules of its format."""

import collections
import csv
import json
import pathlib
import sys

import altair
import duckdb
import matplotlib
import pandas
import polars

matplotlib.use("Agg")
import matplotlib.pyplot as pyplot
from evalys.jobset import JobSet

folder = pathlib.Path(sys.argv[1])


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def tables():
    """Every table as three readers see it, against its CSV."""
    found = sorted((folder / "parquet").rglob("*.parquet"))
    assert len(found) >= 10, found
    for path in found:
        text = folder / "csv" / path.relative_to(folder / "parquet").with_suffix(".csv")
        expected = rows_of(text)
        frame = pandas.read_parquet(path)
        columns = polars.read_parquet(path)
        relation = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
        names = list(csv.reader(open(text, newline="")))[0]
        assert list(frame.columns) == columns.columns == relation.columns == names, path
        assert len(frame) == columns.height == len(relation) == len(expected), path
        for name in names:
            if not (name.endswith("_us") or name.endswith("_nanousd")) or not columns.schema[name].is_integer():
                continue
            total = sum(int(row[name]) for row in expected if row[name])
            assert int(frame[name].sum()) == total, (path, name)
            assert columns[name].sum() == total, (path, name)
            summed = duckdb.sql(f'SELECT sum("{name}") FROM read_parquet(\'{path}\')').fetchall()
            assert int(summed[0][0] or 0) == total, (path, name)
    print(f"{len(found)} tables read by pandas, polars and duckdb")


def schedule():
    jobs = JobSet.from_csv(folder / "batsim.out")
    jobs.gantt()
    pyplot.savefig(folder / "gantt.png")
    assert (folder / "gantt.png").stat().st_size > 10_000
    # Nothing is held by two at a time.
    held = collections.defaultdict(list)
    for row in jobs.df.itertuples():
        for resource in row.allocated_resources:
            held[resource].append((row.starting_time, row.finish_time))
    for spans in held.values():
        spans.sort()
        assert all(one[1] <= two[0] + 1e-9 for one, two in zip(spans, spans[1:])), spans
    print(f"{len(jobs.df)} attempts drawn by Evalys on {len(held)} GPUs")


def figures():
    found = sorted((folder / "csv" / "figures").glob("*.vl.json"))
    assert len(found) >= 5, found
    for path in found:
        altair.Chart.from_json(path.read_text(), validate=True).to_dict(validate=True)
    print(f"{len(found)} figures pass the schema of Vega-Lite")


def trace():
    """Known phases, all fields of each, and slices of a thread within each other."""
    trace = json.load(open(folder / "perfetto.out"))
    needs = {"M": {"args"}, "X": {"ts", "dur"}, "i": {"ts", "s"}, "C": {"ts", "args"}}
    threads = collections.defaultdict(list)
    counts = collections.Counter()
    for event in trace["traceEvents"]:
        kind = event["ph"]
        counts[kind] += 1
        assert {"name", "pid", "tid"} | needs[kind] <= event.keys(), event
        if kind == "X":
            assert event["dur"] >= 0
            threads[event["pid"], event["tid"]].append((event["ts"], -event["dur"]))
    for slices in threads.values():
        ends = []
        for start, dur in sorted(slices):
            while ends and ends[-1] <= start:
                ends.pop()
            assert not ends or start - dur <= ends[-1], (start, dur)
            ends.append(start - dur)
    assert all(counts[kind] for kind in ["M", "X", "C"]), counts
    print(f"{sum(counts.values())} events keep the rules of the trace format")


tables()
schedule()
figures()
trace()

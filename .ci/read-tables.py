"""Reads what a comparison and an export left with the tools of the field: pandas, polars and duckdb the tables, Evalys the
schedule, Altair the figures; checks the trace of events against the rules of its format."""

import collections
import csv
import json
import math
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


def schedule(name):
    jobs = JobSet.from_csv(folder / f"{name}.batsim")
    jobs.gantt()
    pyplot.savefig(folder / f"{name}.png")
    assert (folder / f"{name}.png").stat().st_size > 10_000
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


# What the format of trace events lets an event have: by phase, what it needs beside name, process and thread.
NEEDS = {"M": {"args"}, "X": {"ts", "dur"}, "B": {"ts"}, "E": {"ts"}, "i": {"ts", "s"}, "C": {"ts", "args"}}
NEEDS |= {flow: {"ts", "id", "cat"} for flow in "stf"}
MAY = {"name", "cat", "ph", "ts", "dur", "pid", "tid", "args", "s", "id", "bp"}
NAMES = {"process_name", "process_labels", "process_sort_index", "thread_name", "thread_sort_index"}


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def ill_formed(event):
    """What an event lacks, has beyond what it may have, or has in another type."""
    kind = event.get("ph")
    if kind not in NEEDS:
        yield f"no such phase: {event}"
        return
    if not {"name", "pid", "tid"} | NEEDS[kind] <= event.keys() <= MAY:
        yield f"fields: {event}"
        return
    if not isinstance(event["name"], str) or not event["name"]:
        yield f"name: {event}"
    if not all(whole(event[key]) for key in ["pid", "tid", "ts", "dur"] if key in event):
        yield f"numbers: {event}"
    args = event.get("args", {})
    if not isinstance(args, dict):
        yield f"args: {event}"
    elif kind == "C" and not (args and all(isinstance(own, (int, float)) and math.isfinite(own) for own in args.values())):
        yield f"a counter has series of numbers: {event}"
    elif kind == "M" and (event["name"] not in NAMES or not isinstance(args.get("name"), str)):
        yield f"metadata: {event}"
    if kind == "i" and event["s"] not in ("g", "p", "t"):
        yield f"scope: {event}"


def faults(trace):
    """What breaks the rules of the format: of events, of names, and of slices, which lie within each other on a thread, the
    outer before the inner, so that a viewer that sorts by time alone, and keeps the order of what is equal, nests them as they
    were meant."""
    if trace.get("displayTimeUnit") not in ("ms", "ns") or not isinstance(trace.get("traceEvents"), list):
        yield "no trace of events"
        return
    broken = [fault for event in trace["traceEvents"] for fault in ill_formed(event)]
    if broken:
        yield from broken
        return
    named, used, last = collections.Counter(), set(), collections.defaultdict(lambda: -1)
    open_slices, begun, flows = collections.defaultdict(list), collections.defaultdict(list), {}
    for event in trace["traceEvents"]:
        kind, thread = event["ph"], (event["pid"], event["tid"])
        if kind == "M":
            named[event["name"], thread if event["name"].startswith("thread") else thread[0]] += 1
            continue
        used |= {("process_name", thread[0])} | ({("thread_name", thread)} if kind in "XBEi" else set())
        track = (kind, event["name"], thread[0]) if kind == "C" else (kind, thread)
        ts = event["ts"]
        if ts < last[track] or kind == "C" and ts == last[track]:
            yield f"out of order: {event}"
        last[track] = ts
        if kind == "X":
            outer = open_slices[thread]
            while outer and outer[-1] <= ts:
                outer.pop()
            if outer and ts + event["dur"] > outer[-1]:
                yield f"half within another: {event}"
            outer.append(ts + event["dur"])
        elif kind == "B":
            begun[thread].append(event["name"])
        elif kind == "E" and (not begun[thread] or begun[thread].pop() != event["name"]):
            yield f"ends what has not begun: {event}"
        elif kind in "stf":
            flow = (event["cat"], event["name"], event["id"])
            if (kind == "s") == (flow in flows):
                yield f"flow: {event}"
            flows[flow] = kind
    yield from (f"never ends: {thread}" for thread, names in begun.items() if names)
    yield from (f"flow without an end: {flow}" for flow, kind in flows.items() if kind != "f")
    yield from (f"without its one name: {one}" for one in sorted(used, key=str) if named[one] != 1)


def planted(trace):
    """The same trace with a fault each: that the check finds them says that it looks."""
    events = trace["traceEvents"]
    slices = [at for at, event in enumerate(events) if event["ph"] == "X" and event["dur"] > 1]
    counter = next(at for at, event in enumerate(events) if event["ph"] == "C")
    first = events[slices[0]]
    second = events[slices[1]]

    def but(at, **changes):
        return {**trace, "traceEvents": [*events[:at], {**events[at], **changes}, *events[at + 1 :]]}

    def beside(event):
        return {**trace, "traceEvents": [*events, event]}

    yield but(slices[0], ph="Q")
    yield but(slices[0], dur=-1)
    yield but(slices[0], ts=0.5)
    yield but(slices[0], tid=10**6)
    yield but(counter, args={})
    yield but(counter, args={"jobs": "many"})
    yield but(0, name="a name")
    yield beside({**second, "ts": 0})
    late = max((event for event in events if event["ph"] == "X"), key=lambda event: event["ts"])
    yield beside({**late, "ts": late["ts"] + max(late["dur"] - 1, 0), "dur": 2})
    yield beside({**first, "ph": "E", "ts": late["ts"]})
    yield beside({**late, "ph": "B"})
    yield beside({**late, "ph": "s", "id": 1})
    yield beside({**first, "pid": 10**6})
    yield {**trace, "traceEvents": events[1:]}


def trace(name):
    trace = json.load(open(folder / f"{name}.perfetto"))
    found = list(faults(trace))
    assert not found, found[:10]
    for number, other in enumerate(planted(trace)):
        assert any(faults(other)), f"planted fault {number} is not found"
    counts = collections.Counter(event["ph"] for event in trace["traceEvents"])
    assert all(counts[kind] for kind in ["M", "X", "C"]), counts
    print(f"{sum(counts.values())} events keep the rules of the trace format")


tables()
figures()
# A run whose jobs all end, and one that ends while some run and some wait.
for run in ["whole", "cut"]:
    schedule(run)
    trace(run)

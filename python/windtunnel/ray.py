"""Sweeps past one machine, on Ray.

    windtunnel.ray.sweep("my.toml", out="out/my")

The shard contract is all there is between machines: a cell's name follows from what it runs and its bytes from its name. Tasks
are given the resolved scenarios of some cells and give back the bytes of their files, so that no file system is shared; a task
that dies with its worker or node is run again, and what comes of it is the same. The driver puts the files into a folder and
merges them, to the bytes of a single machine's run. Workers need this package, of the same version; a task refuses to fly a cell
whose name would be another where it runs.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
import uuid
from typing import Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import ray

from ._source import Data, Path, Sets, roots, source
from ._sweeps import Sweep, merged
from ._windtunnel import SweepPlan, fly_cells

# A file on its way: the data root that it is in (none: the scenario's folder), its path within, its bytes as an object of Ray.
_File = Tuple[Optional[str], str, "ray.ObjectRef"]


def sweep(
    scenario: Path,
    set: Optional[Sets] = None,
    *,
    data: Optional[Data] = None,
    out: Optional[Path] = None,
    cells_per_task: Optional[int] = None,
    seconds_per_task: float = 5.0,
    tasks_in_flight: Optional[int] = None,
    retries: int = 3,
    options: Optional[Mapping[str, object]] = None,
    threads: int = 0,
    parquet: bool = False,
    progress: Optional[Callable[[int, int], None]] = None,
) -> Sweep:
    """Flies every cell of the scenario's `[sweep]` on a cluster, and merges them here; as `windtunnel.sweep` otherwise.

    A task flies `cells_per_task` cells, or as many as take about `seconds_per_task` by what cells took so far. At most
    `tasks_in_flight` are out at a time, twice as many as the cluster has cores if not said, so that neither it nor this process
    is flooded. A task whose worker or node dies is run again, up to `retries` times; a cell that is refused is an error at once.
    `options` go to Ray with every task, such as `{"num_cpus": 1, "scheduling_strategy": "SPREAD"}`. `progress` is called with
    how many cells are done, and of how many, as tasks come back.

    With `out`, cells go into that folder as they come, and those that it holds are not flown again: what was broken off goes on.
    Connects to Ray, or starts it here, unless that was done.
    """
    if cells_per_task is not None and cells_per_task < 1:
        raise ValueError(f"cells_per_task = {cells_per_task}: a task flies at least one cell")
    if tasks_in_flight is not None and tasks_in_flight < 1:
        raise ValueError(f"tasks_in_flight = {tasks_in_flight}: at least one task is out at a time")
    if not ray.is_initialized():
        ray.init()
    where = source(scenario, set, data)
    plan = SweepPlan(where, threads)
    task = _fly.options(**{"max_retries": retries, **(options or {})})
    sizes = _Sizes(cells_per_task, seconds_per_task)
    with tempfile.TemporaryDirectory(prefix="windtunnel-") as scratch:
        folder = scratch if out is None else os.fspath(out)
        flights = _Flights(plan, _Files(where["folder"], roots(data)), task)
        _fly_all(flights, folder, (sizes, tasks_in_flight), progress)
        return merged(plan, folder, False, None if out is None else parquet)


def _fly_all(
    flights: _Flights,
    folder: str,
    how: Tuple[_Sizes, Optional[int]],
    progress: Optional[Callable[[int, int], None]],
) -> None:
    """Has every cell flown that the folder does not hold, no more tasks at a time than there may be."""
    sizes, tasks_in_flight = how
    missing = flights.plan.missing(folder)
    done, begun = 0, 0
    out: Dict[ray.ObjectRef, List[int]] = {}
    try:
        while done < len(missing):
            most = tasks_in_flight or _room()
            while begun < len(missing) and len(out) < most:
                positions = missing[begun : begun + sizes.next(len(missing) - begun, most)]
                begun += len(positions)
                out[flights.begin(positions)] = positions
            # One by one as they come: what is here is on the disk before the next is waited for.
            (ready,), _ = ray.wait(list(out), num_returns=1)
            cells, seconds = ray.get(ready)
            positions = out.pop(ready)
            for position, cell in zip(positions, cells):
                flights.plan.put(folder, position, cell)
            done += len(positions)
            sizes.add(len(positions), seconds)
            if progress is not None:
                progress(done, len(missing))
    finally:
        for left in out:
            ray.cancel(left)


def _room() -> int:
    """Tasks that keep every core of the cluster, as it is now, busy while the next ones are on their way."""
    return max(2, 2 * int(ray.cluster_resources().get("CPU", 1)))


class _Sizes:
    """How many cells a task flies."""

    def __init__(self, fixed: Optional[int], seconds: float) -> None:
        self._fixed = fixed
        self._wanted = seconds
        self._cells = 0
        self._seconds = 0.0

    def add(self, cells: int, seconds: float) -> None:
        """So many cells took so long."""
        self._cells += cells
        self._seconds += seconds

    def next(self, left: int, tasks: int) -> int:
        """Of the next task: one until a first has come back, and near the end no more than leaves some for everyone."""
        if self._fixed is not None:
            return self._fixed
        if self._cells == 0:
            return 1
        by_time = self._wanted * self._cells / max(self._seconds, 1e-9)
        return max(1, min(int(by_time), math.ceil(left / tasks)))


class _Flights:
    """Begins tasks."""

    def __init__(self, plan: SweepPlan, files: _Files, task: "ray.remote_function.RemoteFunction") -> None:
        self.plan = plan
        self._files = files
        self._task = task

    def begin(self, positions: Sequence[int]) -> ray.ObjectRef:
        """The cells at these positions, on their way."""
        told = self.plan.texts(positions)
        named = sorted({path for _, _, paths in told for path in paths})
        sent = [file for path in named for file in self._files.sent(path)]
        cells = [(name, text) for name, text, _ in told]
        return self._task.remote(cells, sent, self._files.places)


class _Files:
    """What scenarios read: each file is sent to the cluster once."""

    def __init__(self, folder: str, data: Sequence[Tuple[str, str]]) -> None:
        self._roots = [(None, os.path.realpath(folder))]
        self._roots += [(name, os.path.realpath(root)) for name, root in data]
        self._sent: Dict[str, List[_File]] = {}
        #: Of this sweep alone, so that workers that serve several do not mix them; and the names of its roots.
        self.places = (uuid.uuid4().hex, [name for name, _ in data])

    def sent(self, path: str) -> List[_File]:
        """A file, or those of a folder."""
        if path not in self._sent:
            inner = list(_walk(path)) if os.path.isdir(path) else [path]
            self._sent[path] = [self._send(own) for own in inner]
        return self._sent[path]

    def _send(self, path: str) -> _File:
        # The innermost root that holds it.
        holding = [(name, root) for name, root in self._roots if os.path.commonpath([root, path]) == root]
        name, root = max(holding, key=lambda own: len(own[1]))
        with open(path, "rb") as file:
            return name, os.path.relpath(path, root), ray.put(file.read())


def _walk(folder: str) -> Iterator[str]:
    for inner, _, names in os.walk(folder):
        yield from (os.path.join(inner, name) for name in sorted(names))


# On a worker: by sweep, the folder that its files were unpacked into; it goes with the worker.
_UNPACKED: Dict[str, tempfile.TemporaryDirectory[str]] = {}


@ray.remote
def _fly(
    cells: List[Tuple[str, str]], files: List[_File], places: Tuple[str, List[str]]
) -> Tuple[List[bytes], float]:
    """Flies cells on a worker: the bytes of their files, and how long it took."""
    begun = time.monotonic()
    sweep_id, names = places
    if sweep_id not in _UNPACKED:
        _UNPACKED[sweep_id] = tempfile.TemporaryDirectory(prefix="windtunnel-")
    folder = _UNPACKED[sweep_id].name
    for name, inner, sent in files:
        path = os.path.join(folder, _root(name), inner)
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path + ".part", "wb") as file:
                file.write(ray.get(sent))
            os.replace(path + ".part", path)
    data = [(name, os.path.join(folder, _root(name))) for name in names]
    flown = fly_cells(cells, os.path.join(folder, _root(None)), data)
    return flown, time.monotonic() - begun


def _root(name: Optional[str]) -> str:
    """The folder of a data root, or of the scenario, on a worker."""
    return "scenario" if name is None else f"data-{name}"

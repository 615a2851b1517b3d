"""Sweeps on one machine."""

import os
import tempfile
from dataclasses import dataclass, field
from typing import Optional, Tuple

from ._results import Result, Tables
from ._source import Data, Path, Sets, source
from ._windtunnel import SweepPlan, merge


@dataclass(frozen=True, repr=False)
class Sweep(Result):
    """What came of a sweep: the tables `cells`, `runs` and `summary`, and what the cells say together: `main_effects`, `pareto`,
    `ranks` and `sobol_indices` where there are any."""

    scenario: str
    #: Different cells that were found, and how many were not.
    cells_found: int
    cells_missing: int
    tables: Tables = field(compare=False)

    def __repr__(self) -> str:
        return f"<windtunnel.Sweep of {self.cells_found} cells: {self.tables!r}>"


def sweep(
    scenario: Path,
    set: Optional[Sets] = None,
    *,
    data: Optional[Data] = None,
    out: Optional[Path] = None,
    shard: Optional[Tuple[int, int]] = None,
    threads: int = 0,
    parquet: bool = False,
) -> Sweep:
    """Flies every cell of the scenario's `[sweep]` and merges them, the same bytes as `sweep run` and `sweep merge`.

    With `out`, cells go into that folder, those that it holds are not flown again, and the merged tables and figures are written
    there; without, nothing is left but the result. `shard=(3, 8)` flies every eighth cell from the third on, as `--shard 3/8`
    does, and merges what there is. Ctrl-C stops it; finished cells stay in `out`.
    """
    plan = SweepPlan(source(scenario, set, data), threads)
    if out is not None:
        plan.run(os.fspath(out), shard or (1, 1), threads)
        return merged(plan, os.fspath(out), shard is not None, parquet)
    with tempfile.TemporaryDirectory(prefix="windtunnel-") as folder:
        plan.run(folder, shard or (1, 1), threads)
        return merged(plan, folder, shard is not None, None)


def merged(plan: SweepPlan, folder: str, partial: bool, parquet: Optional[bool]) -> Sweep:
    """The cells in a folder, together; their tables are written there as well unless `parquet` is none."""
    found, missing, tables = merge(folder, partial, parquet)
    return Sweep(plan.name, found, missing, Tables(tables, "this sweep has nothing to say there"))

"""Runs and comparisons."""

import os
from dataclasses import dataclass, field
from typing import Dict, List, Mapping, Optional, Sequence, Tuple, Union

from ._results import Result, Tables
from ._source import Data, Path, Sets, source
from ._windtunnel import Scenario


@dataclass(frozen=True)
class Digests:
    """What a run did, in 2 x 256 bits: two runs that decided alike have equal ones, on whatever machine."""

    decisions: str
    facts: str


@dataclass(frozen=True, repr=False)
class Run(Result):
    """What came of one policy with one seed. Its tables are those that `[output] tables` of the scenario asks for."""

    scenario: str
    policy: str
    seed: int
    #: `drained`, `horizon` or `stuck`.
    finish: str
    #: When, in microseconds since the run began.
    end_us: int
    #: By name; `None` where a metric says nothing of this run.
    metrics: Mapping[str, Optional[float]]
    digests: Digests
    tables: Tables = field(compare=False)

    def __repr__(self) -> str:
        return f"<windtunnel.Run of {self.policy}, seed {self.seed}: {self.finish}, {self.tables!r}>"


@dataclass(frozen=True, repr=False)
class Comparison(Result):
    """What came of all policies with all seeds: the tables `summary` and `runs`, and `bounds`, `claims`, `waits` where there are."""

    scenario: str
    baseline: str
    policies: Sequence[str]
    seeds: Sequence[int]
    #: Whether nothing is drawn, so that there are no intervals.
    exact: bool
    #: By policy and seed.
    digests: Mapping[Tuple[str, int], Digests]
    #: How each policy differs from the baseline, in words.
    sentences: Sequence[str]
    #: What a reader has to know: a badge and a sentence each.
    notes: Sequence[Tuple[str, str]]
    tables: Tables = field(compare=False)

    def __repr__(self) -> str:
        return f"<windtunnel.Comparison of {len(self.policies)} policies, {len(self.seeds)} seeds: {self.tables!r}>"


def load(
    scenario: Path,
    set: Optional[Sets] = None,
    *,
    data: Optional[Data] = None,
    tables: Optional[Sequence[str]] = None,
    explain: bool = False,
) -> Scenario:
    """Reads and builds a scenario, so that it can be flown many times.

    `scenario` is a path, or TOML text: a string with a line break is text. `set` changes values as `--set` does,
    `{"fleet.cloud.max": 32, "fleet.*.count": "+20%"}`; `data` names folders as `--data` does; `tables` are those that runs leave,
    such as `["jobs", "nodes"]`, instead of the scenario's own; `explain` asks why jobs wait.

    Raises `ScenarioError` with every reason to refuse it, and `OSError` where a file cannot be read.
    """
    sets = dict(set or {})
    if tables is not None:
        sets["output.tables"] = list(tables)
    return Scenario(source(scenario, sets, data), explain)


def _loaded(scenario: Union[Path, Scenario], how: Dict[str, object]) -> Scenario:
    if not isinstance(scenario, Scenario):
        return load(scenario, **how)  # type: ignore[arg-type]
    given = [name for name, value in how.items() if value]
    if given:
        raise TypeError(f"{', '.join(given)}: the scenario is loaded; give it to windtunnel.load")
    return scenario


def run(
    scenario: Union[Path, Scenario],
    policy: Optional[str] = None,
    seed: Optional[int] = None,
    set: Optional[Sets] = None,
    *,
    data: Optional[Data] = None,
    tables: Optional[Sequence[str]] = None,
    explain: bool = False,
) -> Run:
    """Flies one policy, the baseline if not said, with one seed, the scenario's if not said.

    `scenario` is a path, TOML text, or what `load` returned; the rest is as in `load`. Ctrl-C returns at once; a flight that has
    begun ends by itself on another thread.
    """
    loaded = _loaded(scenario, {"set": set, "data": data, "tables": tables, "explain": explain})
    flown = loaded.fly(policy, seed)
    flown["digests"] = Digests(*flown["digests"])
    flown["tables"] = Tables(flown["tables"], 'ask for it with tables=["jobs", ...]')
    return Run(**flown)


def compare(
    scenario: Union[Path, Scenario],
    policies: Sequence[str] = (),
    replications: Optional[int] = None,
    set: Optional[Sets] = None,
    *,
    data: Optional[Data] = None,
    explain: bool = False,
    threads: int = 0,
    out: Optional[Path] = None,
    parquet: bool = False,
) -> Comparison:
    """Flies all policies, or those named and the baseline, with all seeds, on so many threads, as many as there are cores if zero.

    With `out`, everything that the command line leaves goes into that folder as well: the tables of each run, figures and
    `report.html`. Ctrl-C stops it; no further flight is begun.
    """
    if isinstance(policies, str):
        raise TypeError(f"policies = {policies!r}: write [{policies!r}]")
    loaded = _loaded(scenario, {"set": set, "data": data, "explain": explain})
    written = None if out is None else (os.fspath(out), parquet)
    flown = loaded.compare(list(policies), (replications, threads), written)
    digests: List[Tuple[Tuple[str, int], Tuple[str, str]]] = flown["digests"]
    flown["digests"] = {run: Digests(*both) for run, both in digests}
    flown["tables"] = Tables(flown["tables"], "fly a run to have its own tables")
    return Comparison(**flown)

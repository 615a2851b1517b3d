"""Windtunnel: a flight test for GPU scheduling policies.

    import windtunnel

    flown = windtunnel.compare("quickstart.toml", replications=5)
    flown.summary.to_polars()

`run` flies one policy with one seed, `compare` all policies side by side, `sweep` the cells of a scenario's `[sweep]`;
`windtunnel.ray.sweep` does so past one machine, and `windtunnel.gym` has environments for agents that learn. Results are
tables that polars, pandas, pyarrow and DuckDB take without a copy, the same tables and columns that the command line writes,
and say the same to the last bit.
"""

import importlib
from types import ModuleType

from ._flights import Comparison, Run, compare, load, run
from ._policy import Job, Node, Offering, Plan, Policy, Role, Seat, View
from ._results import Tables
from ._sweeps import Sweep, sweep
from ._windtunnel import DIGEST_VERSION, InvariantError, Scenario, ScenarioError, Table, __version__

__all__ = [
    "DIGEST_VERSION",
    "Comparison",
    "InvariantError",
    "Job",
    "Node",
    "Offering",
    "Plan",
    "Policy",
    "Role",
    "Run",
    "Scenario",
    "ScenarioError",
    "Seat",
    "Sweep",
    "Table",
    "Tables",
    "View",
    "__version__",
    "compare",
    "load",
    "run",
    "sweep",
]


def __getattr__(name: str) -> ModuleType:
    # What needs more than this package is imported when it is asked for.
    if name in ("gym", "ray"):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

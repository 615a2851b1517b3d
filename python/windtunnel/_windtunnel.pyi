"""The part of the package that is Rust."""

from os import PathLike
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from ._source import Source

__version__: str
DIGEST_VERSION: int

class ScenarioError(ValueError):
    """A scenario, or a request of it, is refused: file, line, column, value, rule and remedy, as the command line prints them."""

class InvariantError(RuntimeError):
    """An invariant of a run broke, which is a bug of Windtunnel or of a policy."""

class Table:
    """A table of results, which whatever speaks Arrow's PyCapsule interface takes without a copy."""

    @property
    def column_names(self) -> List[str]:
        """The names of its columns, in their order."""
    @property
    def units(self) -> Dict[str, str]:
        """Of each column, the unit of its numbers; empty if they have none."""
    @property
    def docs(self) -> Dict[str, str]:
        """Of each column, what it says."""
    @property
    def num_rows(self) -> int:
        """How many rows it has."""
    def __len__(self) -> int: ...
    def csv(self) -> bytes:
        """The table as CSV, the same bytes that the command line writes."""
    def to_arrow(self) -> Any:
        """As a `pyarrow.Table`."""
    def to_polars(self) -> Any:
        """As a `polars.DataFrame`."""
    def to_pandas(self) -> Any:
        """As a `pandas.DataFrame` whose columns are Arrow's."""
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: Optional[object] = None) -> object: ...

class Scenario:
    """A scenario, read, typed and built; its traces are read once, however often it is flown."""

    def __init__(self, source: Source, explain: bool = False) -> None: ...
    @property
    def name(self) -> str:
        """Its name."""
    @property
    def description(self) -> Optional[str]:
        """What it says of itself."""
    @property
    def seed(self) -> int:
        """Its first seed."""
    @property
    def baseline(self) -> str:
        """The policy that others are compared with."""
    @property
    def policies(self) -> List[str]:
        """The names of its policies."""
    @property
    def text(self) -> str:
        """The resolved experiment, as TOML."""
    @property
    def digest(self) -> str:
        """Its fingerprint."""
    @property
    def is_random(self) -> bool:
        """Whether anything is drawn, so that seeds differ."""
    def fly(self, policy: Optional[str], seed: Optional[int]) -> Dict[str, Any]: ...
    def compare(
        self,
        policies: Sequence[str],
        how: Tuple[Optional[int], int],
        out: Optional[Tuple[Union[str, PathLike[str]], bool]],
    ) -> Dict[str, Any]: ...

class SweepPlan:
    """The plan of a sweep: every cell, typed and named."""

    def __init__(self, source: Source, threads: int = 0) -> None: ...
    @property
    def name(self) -> str:
        """The scenario's name."""
    @property
    def keys(self) -> List[str]:
        """The paths of the keys that are varied."""
    @property
    def cells(self) -> List[str]:
        """The names of the cells by position; equal cells have the same."""
    def csv(self) -> bytes:
        """The plan as CSV, the same bytes as `sweep plan --format csv`."""
    def texts(self, positions: Sequence[int]) -> List[Tuple[str, str, List[str]]]:
        """Of the cells at these positions: name, resolved scenario as TOML, and the files that it names."""
    def missing(self, folder: Union[str, PathLike[str]]) -> List[int]:
        """Writes the plan into a folder; returns the positions of the different cells that it does not hold yet."""
    def put(self, folder: Union[str, PathLike[str]], position: int, bytes: bytes) -> None:
        """Puts the bytes of the cell at a position into a folder."""
    def run(self, folder: Union[str, PathLike[str]], shard: Tuple[int, int], threads: int) -> Tuple[int, int]:
        """Flies the cells of a shard that the folder does not hold yet; returns how many were flown and found."""

def fly_cells(
    cells: Sequence[Tuple[str, str]], folder: Union[str, PathLike[str]], data: Sequence[Tuple[str, str]]
) -> List[bytes]:
    """Flies cells, each a name and its resolved scenario, on this thread; returns the bytes of their files."""

def merge(
    folder: Union[str, PathLike[str]], partial: bool, written: Optional[bool]
) -> Tuple[int, int, Dict[str, Table]]:
    """The tables of the cells in a folder, by name; written there as well if so asked, as Parquet or as CSV."""

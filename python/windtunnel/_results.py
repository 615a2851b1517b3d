"""Tables by name, as results have them."""

from typing import Dict, Iterator, List, Mapping

from ._windtunnel import Table


class Tables(Mapping[str, Table]):
    """The tables of a result, by the name of their file: `result.tables["main-effects"]`, or `result.main_effects`."""

    def __init__(self, tables: Dict[str, Table], lacking: str) -> None:
        self._tables = tables
        self._lacking = lacking

    def __getitem__(self, name: str) -> Table:
        try:
            return self._tables[name]
        except KeyError:
            have = ", ".join(self._tables)
            raise KeyError(f"no table {name!r} here: there are {have}; {self._lacking}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def __repr__(self) -> str:
        return "<windtunnel.Tables: " + ", ".join(f"{name} ({len(table)})" for name, table in self._tables.items()) + ">"


class Result:
    """What results have in common: each of their tables is an attribute as well."""

    tables: Tables

    def __getattr__(self, name: str) -> Table:
        if name.startswith("_") or name == "tables":
            raise AttributeError(name)
        try:
            return self.tables[name.replace("_", "-")]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *(name.replace("-", "_") for name in self.tables)]

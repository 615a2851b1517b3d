"""Where a scenario is, and what of it is set otherwise: what every function takes, as the Rust half has it."""

import os
from typing import List, Mapping, Optional, Sequence, Tuple, TypedDict, Union

Path = Union[str, "os.PathLike[str]"]
Value = Union[str, bool, int, float, Sequence["Value"], Mapping[str, "Value"]]
Sets = Mapping[str, Value]
Data = Mapping[str, Path]

# Where reference data lies, unless the environment says otherwise: as the command line has it.
REFERENCE = "../shared"


class Source(TypedDict):
    """Where a scenario is: in the file at `path`, or in `text`, whose relative paths lead into `folder`."""

    path: Optional[str]
    text: Optional[str]
    folder: str
    #: `fleet.spot.max=32`, as the command line has them.
    sets: List[str]
    #: Named folders of data.
    data: List[Tuple[str, str]]


def source(scenario: Path, sets: Optional[Sets], data: Optional[Data]) -> Source:
    """A path, or TOML text: a string with a line break is text, whose relative paths lead into the working directory."""
    is_text = isinstance(scenario, str) and "\n" in scenario
    return {
        "path": None if is_text else os.fspath(scenario),
        "text": os.fspath(scenario) if is_text else None,
        "folder": os.getcwd() if is_text else os.path.dirname(os.path.abspath(scenario)),
        "sets": [f"{path}={argument(value)}" for path, value in (sets or {}).items()],
        "data": roots(data),
    }


def roots(data: Optional[Data]) -> List[Tuple[str, str]]:
    """The named folders that a scenario may read beside its own."""
    named = {"reference": os.environ.get("WINDTUNNEL_REFERENCE", REFERENCE)}
    named.update({name: os.fspath(folder) for name, folder in (data or {}).items()})
    return list(named.items())


def argument(value: Value) -> str:
    """A value as `--set` takes it: a text is as it is, so that "+20%" and "30m" mean what they mean there."""
    return value if isinstance(value, str) else toml(value)


def toml(value: Value) -> str:
    """A value in TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(key)} = {toml(own)}" for key, own in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(toml(own) for own in value) + "]"
    # Numbers of numpy say what they are by themselves.
    if hasattr(value, "item"):
        return toml(value.item())
    raise TypeError(f"{value!r}: a scenario holds texts, numbers, booleans, lists and tables")


def quoted(text: str) -> str:
    """A text in TOML, on one line."""
    shown = []
    for letter in text:
        if letter in '"\\':
            shown.append("\\" + letter)
        elif letter < " " or letter == "\x7f":
            shown.append(f"\\u{ord(letter):04x}")
        else:
            shown.append(letter)
    return '"' + "".join(shown) + '"'

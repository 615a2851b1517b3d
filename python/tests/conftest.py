"""What the tests share: the repository, the command line to compare with, and small scenarios."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "scenarios/library/quickstart.toml"
CELLS = ROOT / ".ci/cells.toml"


@pytest.fixture(scope="session")
def command():
    """The command line: what `WINDTUNNEL` names, or else what cargo builds."""
    named = os.environ.get("WINDTUNNEL")
    if named is None:
        build = ["cargo", "build", "--release", "--quiet", "--message-format=json", "--bin", "windtunnel"]
        lines = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        built = [json.loads(line).get("executable") for line in lines]
        named = next(path for path in built if path)

    def run(*arguments, check=True):
        whole = [named, *map(str, arguments)]
        return subprocess.run(whole, check=check, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})

    return run


# Every kind of column: texts, flags, integers, decimals and doubles, and what a spreadsheet would run.
TINY = """
name = "tiny"
seed = 3

[[fleet]]
name = "f"
instance = { gpus = 8, gpu = "V100" }
price = "$2"
count = 2

[[workload]]
name = "w"
value = { gpu-hour = "$3" }
deadline = { slack = 3.0 }

[workload.synth]
model = "parametric"
jobs = 200
arrivals = { kind = "poisson", per-hour = 12 }
durations = { kind = "lognormal", median = "30m", sigma = 1.2 }
gangs = [{ gpus = 1, weight = 6 }, { gpus = 8, weight = 1 }]

[[policy]]
name = "strict"
order = "fifo"
admit = "strict"

[[policy]]
name = "skip"
order = "fifo"
admit = "skip"

[replicate]
over = "seeds"
n = 3

[sweep.over]
"fleet.f.count" = [2, 3]
"seed" = [1, 2, 3]
"""


@pytest.fixture
def tiny(tmp_path):
    """A scenario of some milliseconds, as a file."""
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path

"""Runs, comparisons and sweeps say what the command line says, to the last byte."""

import json
import pathlib
import subprocess
import sys
import time

import pytest
import windtunnel
from conftest import QUICKSTART, TINY

ALL = ["jobs", "nodes", "timeline", "decisions", "bill", "attribution", "spend", "services", "requests", "waits"]


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("scenario", ["tiny", "quickstart"])
def test_a_run_has_the_tables_of_the_command_line_byte_for_byte(command, tiny, tmp_path, scenario):
    path = tiny if scenario == "tiny" else QUICKSTART
    tables = f"output.tables={json.dumps(ALL)}"
    command("run", path, "--seed", 7, "--set", tables, "--out", tmp_path / "out", "--quiet")
    flown = windtunnel.run(path, seed=7, tables=ALL)
    folder = tmp_path / "out/runs/base" / flown.policy / "7"
    assert sorted(flown.tables) == sorted(ALL)
    for name, table in flown.tables.items():
        assert table.csv() == (folder / f"{name}.csv").read_bytes(), name
    assert len(flown.jobs) > 0 and len(flown.decisions) > 0 and len(flown.bill) > 0
    digests = f"decisions {flown.digests.decisions}\nfacts {flown.digests.facts}\n"
    assert digests == (folder / "digest.txt").read_text()


def test_a_run_has_the_metrics_of_the_command_line(command, tiny):
    told = json.loads(command("run", tiny, "--policy", "skip", "--format", "json").stdout)
    flown = windtunnel.run(tiny, policy="skip")
    assert (flown.scenario, flown.policy, flown.seed, flown.finish) == ("tiny", "skip", 3, told["finish"])
    assert dict(flown.metrics) == told["metrics"]
    assert vars(flown.digests) == told["digests"]


def test_a_comparison_has_the_tables_of_the_command_line_byte_for_byte(command, tiny, tmp_path):
    command("compare", tiny, "--out", tmp_path / "theirs", "--quiet")
    flown = windtunnel.compare(tiny, out=tmp_path / "ours")
    assert files(tmp_path / "ours") == files(tmp_path / "theirs")
    assert {"summary", "runs", "cells"} <= set(flown.tables)
    for name, table in flown.tables.items():
        assert table.csv() == (tmp_path / "theirs" / f"{name}.csv").read_bytes(), name
    manifest = json.loads((tmp_path / "theirs/manifest.json").read_text())
    assert flown.exact == manifest["exact"] and list(flown.seeds) == manifest["seeds"]
    theirs = {(run["policy"], run["seed"]): (run["decisions"], run["facts"]) for run in manifest["runs"]}
    assert {run: (own.decisions, own.facts) for run, own in flown.digests.items()} == theirs


def test_a_comparison_without_a_folder_is_the_same_on_any_number_of_threads(tiny):
    one, two = (windtunnel.compare(tiny, threads=threads) for threads in (1, 2))
    assert one == two
    assert one.summary.csv() == two.summary.csv() and one.runs.csv() == two.runs.csv()


def test_a_comparison_takes_the_policies_and_seeds_that_are_named(tiny):
    flown = windtunnel.compare(tiny, policies=["skip"], replications=2)
    assert list(flown.policies) == ["strict", "skip"] and list(flown.seeds) == [3, 4]
    assert len(flown.runs) == 4
    with pytest.raises(windtunnel.ScenarioError, match='no policy "nix" in this scenario; it has strict, skip'):
        windtunnel.compare(tiny, policies=["nix"])


def test_a_run_of_a_comparison_is_that_run_by_itself(tiny):
    scenario = windtunnel.load(tiny)
    compared = windtunnel.compare(scenario)
    for policy, seed in compared.digests:
        assert windtunnel.run(scenario, policy, seed).digests == compared.digests[policy, seed]


def test_a_sweep_has_the_tables_of_the_command_line_byte_for_byte(command, tiny, tmp_path):
    command("sweep", "run", tiny, "--out", tmp_path / "theirs", "--quiet")
    command("sweep", "merge", tmp_path / "theirs", "--quiet")
    swept = windtunnel.sweep(tiny, out=tmp_path / "ours")
    assert files(tmp_path / "ours") == files(tmp_path / "theirs")
    assert (swept.cells_found, swept.cells_missing) == (6, 0)
    assert {"cells", "runs", "summary", "main-effects"} <= set(swept.tables)
    for name, table in swept.tables.items():
        assert table.csv() == (tmp_path / "theirs" / f"{name}.csv").read_bytes(), name
    alone = windtunnel.sweep(tiny)
    assert {name: table.csv() for name, table in alone.tables.items()} == {
        name: table.csv() for name, table in swept.tables.items()
    }
    assert alone.main_effects.csv() == swept.tables["main-effects"].csv()


def test_shards_of_a_sweep_make_the_whole(tiny, tmp_path):
    part = windtunnel.sweep(tiny, out=tmp_path / "out", shard=(1, 2))
    assert (part.cells_found, part.cells_missing) == (3, 3)
    whole = windtunnel.sweep(tiny, out=tmp_path / "out", shard=(2, 2))
    assert (whole.cells_found, whole.cells_missing) == (6, 0)
    assert whole.summary.csv() == windtunnel.sweep(tiny).summary.csv()


def test_a_text_is_a_scenario_like_a_file(tiny):
    assert windtunnel.run(TINY) == windtunnel.run(str(tiny)) == windtunnel.run(tiny)


def test_set_changes_what_the_command_line_would_change(command, tiny):
    changes = {"fleet.f.count": 3, "fleet.f.price": "x1.5", "workload.w.tags": ["a", "b"], "policy.skip.admit": "strict"}
    arguments = ["fleet.f.count=3", "fleet.f.price=x1.5", 'workload.w.tags=["a", "b"]', "policy.skip.admit=strict"]
    arguments = [piece for argument in arguments for piece in ("--set", argument)]
    told = command("check", tiny, *arguments).stdout
    loaded = windtunnel.load(tiny, set=changes)
    assert told.endswith(loaded.text) or loaded.text in told
    assert "count = 3" in loaded.text


@pytest.mark.parametrize(
    "argument",
    ["fleet.f.count=0", "fleet.nix.count=1", "seed=x", 'name="\\u0007"'],
)
def test_a_refusal_says_what_the_command_line_says(command, tiny, argument):
    path, value = argument.split("=")
    theirs = command("check", tiny, "--set", argument, check=False)
    assert theirs.returncode == 2
    with pytest.raises(windtunnel.ScenarioError) as refused:
        windtunnel.run(tiny, set={path: value})
    assert str(refused.value) == theirs.stderr.rstrip()
    assert isinstance(refused.value, ValueError)


def test_a_broken_file_is_refused_with_file_line_and_column(tiny):
    tiny.write_text(TINY.replace("count = 2", "count = 0"))
    line = TINY[: TINY.index("count = 2")].count("\n") + 1
    with pytest.raises(windtunnel.ScenarioError, match=rf"tiny\.toml:{line}:9: count = 0: "):
        windtunnel.run(tiny)
    with pytest.raises(windtunnel.ScenarioError, match="<text>:"):
        windtunnel.run(tiny.read_text())


def test_a_fault_of_the_system_is_an_os_error(tiny, tmp_path):
    with pytest.raises(FileNotFoundError) as missing:
        windtunnel.run(tmp_path / "nix.toml")
    assert missing.value.filename == str(tmp_path / "nix.toml")
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        windtunnel.compare(tiny, out=tmp_path / "file")


def test_a_sweep_of_a_scenario_without_one_is_refused():
    with pytest.raises(windtunnel.ScenarioError, match=r"the scenario has no \[sweep\]"):
        windtunnel.sweep(QUICKSTART)


def test_what_a_loaded_scenario_cannot_take_any_more_is_refused(tiny):
    with pytest.raises(TypeError, match="windtunnel.load"):
        windtunnel.run(windtunnel.load(tiny), set={"seed": 1})
    with pytest.raises(TypeError, match="write \\['skip'\\]"):
        windtunnel.compare(tiny, policies="skip")


def test_a_table_that_is_not_there_says_how_to_have_it(tiny):
    flown = windtunnel.run(tiny, tables=["jobs"])
    with pytest.raises(AttributeError, match="no table 'nodes' here: there are jobs"):
        flown.nodes
    with pytest.raises(KeyError, match="tables="):
        flown.tables["nodes"]


def test_ctrl_c_stops_a_comparison():
    # A process of its own is interrupted while it flies what would take it hours.
    code = f"""
import threading, _thread, windtunnel
threading.Timer(1.0, _thread.interrupt_main).start()
try:
    windtunnel.compare({str(QUICKSTART)!r}, replications=1_000_000)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert done.stdout == "stopped\n", done.stderr


def test_python_goes_on_while_a_comparison_flies():
    import threading

    flown = threading.Event()
    beats = 0

    def fly():
        windtunnel.compare(QUICKSTART, replications=10)
        flown.set()

    thread = threading.Thread(target=fly)
    thread.start()
    while not flown.is_set():
        beats += 1
        time.sleep(0.001)
    thread.join()
    # Were the lock held, it would be held for the whole flight.
    assert beats > 10


def test_the_package_is_typed():
    folder = pathlib.Path(windtunnel.__file__).parent
    assert (folder / "py.typed").exists() and (folder / "_windtunnel.pyi").exists()
    declared = (folder / "_windtunnel.pyi").read_text()
    from windtunnel import _windtunnel

    for name, thing in vars(_windtunnel).items():
        if name.startswith("__"):
            continue
        assert name in declared, name
        for member in vars(thing) if isinstance(thing, type) else ():
            own = not member.startswith("__") or member.startswith("__arrow")
            assert not own or f"def {member}(" in declared, f"{name}.{member}"

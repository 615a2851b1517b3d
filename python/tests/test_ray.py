"""A sweep past one machine is that of one machine, whatever dies on the way."""

import os
import signal

import psutil
import pytest
import windtunnel
from conftest import TINY
from ray.cluster_utils import Cluster

import ray
import windtunnel.ray

# Ten thousand cells of about a millisecond each.
MANY = TINY.replace("jobs = 200", "jobs = 20").replace("n = 3", "n = 1").replace(
    '"fleet.f.count" = [2, 3]\n"seed" = [1, 2, 3]',
    '"fleet.f.count" = { from = 1, to = 10, steps = 10 }\n"seed" = { from = 1, to = 1000, steps = 1000 }',
)


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def cluster():
    """Three nodes of one core each, the driver on the first."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False)
    cluster.wait_for_nodes()
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def workers_of(node):
    """The processes of a node that fly cells now, by what Ray calls them."""
    raylet = node.all_processes["raylet"][0].process.pid
    inner = psutil.Process(raylet).children(recursive=True)
    return [process for process in inner if "ray::_fly" in " ".join(process.cmdline())]


def test_a_small_sweep_is_that_of_one_machine(cluster, tiny, tmp_path):
    here = windtunnel.sweep(tiny, out=tmp_path / "here")
    there = windtunnel.ray.sweep(tiny, out=tmp_path / "there", cells_per_task=2)
    assert files(tmp_path / "there") == files(tmp_path / "here")
    assert there == here
    alone = windtunnel.ray.sweep(tiny)
    assert {name: table.csv() for name, table in alone.tables.items()} == {
        name: table.csv() for name, table in here.tables.items()
    }


def test_files_that_cells_read_go_with_them(cluster, tmp_path):
    (tmp_path / "traces").mkdir()
    (tmp_path / "roots").mkdir()
    header = "job,submit,gpus,duration\n"
    (tmp_path / "traces/a.csv").write_text(header + "".join(f"{at},{at * 60},1,600\n" for at in range(50)))
    (tmp_path / "roots/b.csv").write_text(header + "".join(f"{at},{at * 50},2,900\n" for at in range(50)))
    text = TINY[: TINY.index("[workload.synth]")] + """
[workload.trace]
format = "csv"
file = "traces/a.csv"
columns = { name = "job", submit = "submit:s", gpus = "gpus", duration = "duration:s" }

[[workload]]
name = "v"

[workload.trace]
format = "csv"
file = "more:b.csv"
columns = { name = "job", submit = "submit:s", gpus = "gpus", duration = "duration:s" }
""" + TINY[TINY.index("[[policy]]") :]
    scenario = tmp_path / "traced.toml"
    scenario.write_text(text)
    data = {"more": tmp_path / "roots"}
    here = windtunnel.sweep(scenario, data=data)
    there = windtunnel.ray.sweep(scenario, data=data, cells_per_task=1)
    assert there.runs.csv() == here.runs.csv()


def test_a_cell_that_is_refused_is_an_error_at_once(cluster, tiny):
    with pytest.raises(windtunnel.ScenarioError, match="fleet.f.count = 0"):
        windtunnel.ray.sweep(tiny, set={"sweep.over": {"fleet.f.count": [2, 0]}})


def test_no_more_tasks_are_out_than_may_be(cluster, tiny, monkeypatch):
    out, most = set(), 0
    begin, get = windtunnel.ray._Flights.begin, ray.get

    def counted(self, positions):
        nonlocal most
        ref = begin(self, positions)
        out.add(ref)
        most = max(most, len(out))
        return ref

    def got(ref, **how):
        out.discard(ref)
        return get(ref, **how)

    monkeypatch.setattr(windtunnel.ray._Flights, "begin", counted)
    monkeypatch.setattr(ray, "get", got)
    windtunnel.ray.sweep(tiny, cells_per_task=1, tasks_in_flight=2)
    assert most == 2


def test_a_task_has_cells_for_as_long_as_was_asked_for():
    sizes = windtunnel.ray._Sizes(None, 5.0)
    assert sizes.next(10_000, 6) == 1
    sizes.add(2, 0.02)
    assert sizes.next(10_000, 6) == 500
    assert sizes.next(600, 6) == 100
    assert sizes.next(1, 6) == 1
    assert windtunnel.ray._Sizes(7, 5.0).next(10_000, 6) == 7


def test_what_cannot_be_is_refused(tiny):
    with pytest.raises(ValueError, match="cells_per_task = 0"):
        windtunnel.ray.sweep(tiny, cells_per_task=0)
    with pytest.raises(ValueError, match="tasks_in_flight = 0"):
        windtunnel.ray.sweep(tiny, tasks_in_flight=0)


def test_ten_thousand_cells_survive_a_worker_and_a_node_that_are_killed(cluster, tmp_path):
    scenario = tmp_path / "many.toml"
    scenario.write_text(MANY)
    lost = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    killed = []

    def kill(done, all_cells):
        assert all_cells == 10_000
        if done >= 3_000 and not killed:
            busy = [process for node in cluster.list_all_nodes() if node is not lost for process in workers_of(node)]
            os.kill(busy[0].pid, signal.SIGKILL)
            killed.append("worker")
        elif done >= 6_000 and killed == ["worker"]:
            assert workers_of(lost), "the node is at work"
            cluster.remove_node(lost, allow_graceful=False)
            killed.append("node")

    there = windtunnel.ray.sweep(scenario, out=tmp_path / "there", cells_per_task=250, progress=kill)
    assert killed == ["worker", "node"]
    assert (there.cells_found, there.cells_missing) == (10_000, 0)
    windtunnel.sweep(scenario, out=tmp_path / "here")
    here = files(tmp_path / "here")
    assert files(tmp_path / "there") == here
    assert len([name for name in here if name.startswith("cells/")]) == 10_000


def test_what_was_broken_off_goes_on(cluster, tiny, tmp_path):
    class Enough(Exception):
        pass

    def stop(done, all_cells):
        if done >= 2:
            raise Enough

    with pytest.raises(Enough):
        windtunnel.ray.sweep(tiny, out=tmp_path / "out", cells_per_task=1, progress=stop)
    told = []
    windtunnel.ray.sweep(tiny, out=tmp_path / "out", cells_per_task=1, progress=lambda *both: told.append(both))
    assert told[-1] == (4, 4)
    windtunnel.sweep(tiny, out=tmp_path / "here")
    assert files(tmp_path / "out") == files(tmp_path / "here")

"""Policies in Python: a class that decides, spoken to in the messages of `docs/external.md`.

    class Fifo(windtunnel.Policy):
        def decide(self, view, plan):
            plan.until_refused = True
            for job in view.pending:
                plan.start(job)

    if __name__ == "__main__":
        Fifo().serve()

and in a scenario `[[policy]]` with `kind = "external"` and `command = ["python3", "fifo.py"]`.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, TextIO, Type, TypeVar

#: The version of the protocol that is spoken here.
PROTOCOL = 1

Told = Mapping[str, Any]
T = TypeVar("T")


def _of(kind: Type[T], told: Told, **more: Any) -> T:
    """What a message says of something; what is not known here is skipped, as later versions may add to messages."""
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{**{name: value for name, value in told.items() if name in names}, **more})


@dataclasses.dataclass
class Seat:
    """Tasks of one role on one node."""

    node: int
    tasks: int = 1
    role: int = 0
    #: By index; as the engine chooses if there are none.
    gpus: Sequence[int] = ()
    #: The memory slice at which a slice of a GPU starts.
    start: Optional[int] = None

    def told(self) -> Dict[str, Any]:
        """As an answer has it."""
        told: Dict[str, Any] = {"node": self.node, "tasks": self.tasks, "role": self.role}
        if self.gpus:
            told["gpus"] = list(self.gpus)
        if self.start is not None:
            told["start"] = self.start
        return told


@dataclasses.dataclass
class Role:
    """Tasks of a job that are alike, and what each needs."""

    tasks: int
    least: int
    #: Whole GPUs; none if it takes a share of one, in thousandths, or a slice.
    gpus: Optional[int] = None
    gpu_milli: Optional[int] = None
    slice: Optional[str] = None
    cpu_milli: int = 0
    memory_mib: int = 0
    #: Positions of the offerings that it may lie on, if not all.
    offerings: Optional[Sequence[int]] = None


@dataclasses.dataclass
class Job:
    """A job as its submitter described it, and how it stands. Times are microseconds since the run began."""

    job: int
    queue: int
    arrival_us: int
    queued_us: int
    roles: List[Role]
    priority: int
    attempts: int
    served_us: int
    restore_us: int
    #: Its workload, or its set of replicas.
    workload: str = ""
    models: Optional[Sequence[str]] = None
    estimate_us: Optional[int] = None
    deadline_us: Optional[int] = None
    price_cap_nanousd_h: Optional[int] = None
    tolerance: Optional[float] = None
    #: Working time that is left of it, where the scenario lets durations be known.
    left_us: Optional[int] = None
    #: From when on it works, if it runs.
    works_us: Optional[int] = None
    #: Where it lies; empty while it waits.
    seats: List[Seat] = dataclasses.field(default_factory=list)

    @property
    def gpus(self) -> int:
        """Whole GPUs that it asks for."""
        return sum(role.tasks * (role.gpus or 0) for role in self.roles)

    @staticmethod
    def of(told: Told) -> Job:
        """As a message tells it."""
        roles = [_of(Role, role) for role in told["roles"]]
        seats = [_of(Seat, seat) for seat in told.get("seats", ())]
        return _of(Job, told, roles=roles, seats=seats, workload=told.get("class", ""))


@dataclasses.dataclass
class Node:
    """A node: `absent`, `booting`, `ready`, `draining`, `noticed` or `broken`."""

    node: int
    offering: int
    phase: str
    launch: int
    #: When a noticed one is taken away, or a broken one is repaired.
    until_us: Optional[int] = None


@dataclasses.dataclass
class Offering:
    """What may be held: what its nodes have, and what it takes to hold one."""

    name: str
    market: str
    zone: int
    gpus: int
    cpu_milli: int
    memory_mib: int
    min: int
    max: int
    boot_us: int
    model: Optional[str] = None
    slices: Sequence[str] = ()
    price_nanousd_h: int = 0
    #: Nodes that the provider has, where that is to be seen.
    available: Optional[int] = None
    #: To come, as `(at_us, ...)`, where the scenario lets them be known.
    prices: Optional[Sequence[Sequence[int]]] = None
    availability: Optional[Sequence[Sequence[int]]] = None


class View:
    """What a real scheduler would see, as it stands."""

    def __init__(self, hello: Told) -> None:
        self.policy: str = hello["policy"]
        #: For draws of one's own.
        self.seed: int = hello["seed"]
        #: What the scenario gives the policy.
        self.parameters: Mapping[str, Any] = hello.get("parameters", {})
        #: What the scenario lets be known that no real scheduler would know.
        self.knows: Sequence[str] = hello.get("knows", ())
        self.models: Sequence[str] = hello.get("models", ())
        self.queues: Sequence[Told] = hello.get("queues", ())
        self.sets: Sequence[Told] = hello.get("sets", ())
        self.offerings: List[Offering] = [_of(Offering, own) for own in hello["offerings"]]
        self.now_us = 0
        #: What has happened since the last question, as `docs/external.md` has it.
        self.changes: Sequence[Told] = ()
        self.nodes: Dict[int, Node] = {}
        #: By number.
        self.jobs: Dict[int, Job] = {}
        self.services: Sequence[Told] = ()
        self.spent_nanousd = 0
        self.more_arrivals: Optional[bool] = None
        # In the order in which they joined the queue.
        self._waiting: Dict[int, None] = {}

    @property
    def pending(self) -> List[Job]:
        """Jobs that wait, in the order in which they joined the queue."""
        return [self.jobs[job] for job in self._waiting]

    @property
    def running(self) -> List[Job]:
        """Jobs that run, by number."""
        return [own for job, own in sorted(self.jobs.items()) if job not in self._waiting]

    def free_gpus(self) -> Dict[int, int]:
        """Of each ready node, GPUs of which nobody has whole ones."""
        ready = [node for node in self.nodes.values() if node.phase == "ready"]
        free = {node.node: self.offerings[node.offering].gpus for node in sorted(ready, key=lambda own: own.node)}
        for job in self.running:
            for seat in job.seats:
                if seat.node in free:
                    free[seat.node] -= seat.tasks * (job.roles[seat.role].gpus or 0)
        return free

    def _take_in(self, told: Told) -> None:
        self.now_us = told["at_us"]
        self.spent_nanousd = told["spent_nanousd"]
        self.more_arrivals = told.get("more_arrivals")
        self.services = told.get("services", ())
        if told["message"] == "snapshot":
            self.changes = ()
            for offering, supply in zip(self.offerings, told["offerings"]):
                offering.price_nanousd_h = supply["price_nanousd_h"]
                offering.available = supply.get("available")
            self.nodes = {node["node"]: _of(Node, node) for node in told["nodes"]}
            for own in told["jobs"]:
                self._meet(own)
        else:
            self.changes = told["changes"]
            for change in self.changes:
                self._change(change)

    def _meet(self, told: Told) -> None:
        job = Job.of(told)
        self.jobs[job.job] = job
        self._waiting.pop(job.job, None)
        if not job.seats:
            self._waiting[job.job] = None

    def _change(self, told: Told) -> None:
        kind = told["change"]
        if kind in ("arrived", "requeued"):
            self._meet(told)
        elif kind in ("started", "migrated"):
            # One that has ended meanwhile is told of once more after this.
            job = self.jobs.get(told["job"])
            if job is not None:
                job.seats = [_of(Seat, seat) for seat in told["seats"]]
                job.works_us = told.get("works_us")
                self._waiting.pop(job.job, None)
        elif kind == "ended":
            self.jobs.pop(told["job"], None)
            self._waiting.pop(told["job"], None)
        elif kind == "node":
            node = _of(Node, told)
            self.nodes[node.node] = node
            if node.phase == "absent":
                del self.nodes[node.node]
        elif kind == "price":
            self.offerings[told["offering"]].price_nanousd_h = told["price_nanousd_h"]
        elif kind == "availability":
            self.offerings[told["offering"]].available = told.get("available")


class Plan:
    """What is decided, in its order; each is checked against the world with those before it done."""

    def __init__(self) -> None:
        self.decisions: List[Dict[str, Any]] = []
        #: Whether the first that is refused is the last that is tried; if only for want of room, nobody is told.
        self.until_refused = False

    def _decide(self, decision: str, **what: Any) -> None:
        self.decisions.append({"decision": decision, **what})

    def start(self, job: Job, seats: Optional[Iterable[Seat]] = None) -> None:
        """Starts a job that waits, on these seats, or where it fits first."""
        self._decide("start", job=job.job, **_seats(seats))

    def preempt(self, job: Job) -> None:
        """Interrupts a job that runs; it waits again."""
        self._decide("preempt", job=job.job)

    def migrate(self, job: Job, seats: Optional[Iterable[Seat]] = None) -> None:
        """Lets a job that runs go on elsewhere, or with more or fewer tasks."""
        self._decide("migrate", job=job.job, **_seats(seats))

    def checkpoint(self, job: Job, every_us: int) -> None:
        """Says how far apart a job that waits writes checkpoints from its next start on."""
        self._decide("checkpoint", job=job.job, every_us=every_us)

    def reject(self, job: Job) -> None:
        """Turns a job that waits away for good."""
        self._decide("reject", job=job.job)

    def request(self, offering: int, count: int) -> None:
        """Asks for more nodes of an offering, by its position."""
        self._decide("request", offering=offering, count=count)

    def drain(self, node: Node) -> None:
        """Starts nothing more on a node, and gives it back when its last job ends."""
        self._decide("drain", node=node.node)

    def release(self, node: Node) -> None:
        """Gives a node back on which nothing runs."""
        self._decide("release", node=node.node)

    def launch(self, replicas: int, count: int) -> None:
        """Launches replicas of a set, by its position."""
        self._decide("launch", set=replicas, count=count)

    def retire(self, job: Job) -> None:
        """Lets a replica go once it has done what it has."""
        self._decide("retire", job=job.job)

    def hold(self, job: Job, reason: str) -> None:
        """Says why a job is left waiting, by a name that `windtunnel explain` uses."""
        self._decide("hold", job=job.job, reason=reason)

    def wake_at(self, at_us: int) -> None:
        """Asks to be asked again then."""
        self._decide("wake", at_us=at_us)


def _seats(seats: Optional[Iterable[Seat]]) -> Dict[str, Any]:
    return {} if seats is None else {"seats": [seat.told() for seat in seats]}


class Policy:
    """Decides. Every run is an instance of its own."""

    #: After what it wants to be asked: `arrival`, `end`, `node`, `notice`, `price`, `availability`, `wake`, `demand`; after all
    #: but prices and availability if not said.
    wakes: Optional[Sequence[str]] = None

    _view: Optional[View] = None

    def begin(self, view: View) -> None:
        """Hears who it is and what never changes, before the first question."""

    def decide(self, view: View, plan: Plan) -> None:
        """Decides, as things stand."""
        raise NotImplementedError

    def refused(self, view: View, plan: Plan, refusals: Sequence[Told]) -> None:
        """Hears what of its decisions was not done, and why; it may decide again."""

    def answer(self, line: str) -> str:
        """Answers a message, each a line of JSON."""
        told = json.loads(line)
        if told["message"] == "hello":
            self._view = View(told)
            self.begin(self._view)
            ready: Dict[str, Any] = {"message": "ready", "protocol": PROTOCOL}
            if self.wakes is not None:
                ready["wakes"] = list(self.wakes)
            return json.dumps(ready)
        view, plan = self._view, Plan()
        assert view is not None, "hello comes first"
        if told["message"] == "refusals":
            self.refused(view, plan, told["refusals"])
        else:
            view._take_in(told)
            self.decide(view, plan)
        answer: Dict[str, Any] = {"message": "decisions", "decisions": plan.decisions}
        if plan.until_refused:
            answer["until_refused"] = True
        return json.dumps(answer)

    def serve(self, messages: TextIO = sys.stdin, answers: TextIO = sys.stdout) -> None:
        """Answers each line, until there are no more: what a program does that is an external policy."""
        for line in messages:
            print(self.answer(line), file=answers, flush=True)

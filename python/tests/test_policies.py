"""A policy is a class: it hears messages, sees how things stand, and decides."""

import io
import json

import pytest
import windtunnel

HELLO = {
    "message": "hello",
    "protocol": 1,
    "policy": "mine",
    "seed": 7,
    "parameters": {"window": 12},
    "knows": [],
    "models": ["V100"],
    "queues": [],
    "sets": [],
    "offerings": [
        {"name": "f", "market": "on-demand", "zone": 0, "gpus": 8, "cpu_milli": 0, "memory_mib": 0, "min": 2, "max": 2, "boot_us": 0}
    ],
}


def job(number, gpus, tasks=1, **more):
    role = {"tasks": tasks, "least": tasks, "gpus": gpus, "cpu_milli": 0, "memory_mib": 0, "of_a_later_version": 1}
    told = {"job": number, "class": "w", "queue": 0, "arrival_us": number, "queued_us": number, "roles": [role], "priority": 0}
    return {**told, "attempts": 0, "served_us": 0, "restore_us": 0, "of_a_later_version": 1, **more}


def node(number, phase="ready"):
    return {"node": number, "offering": 0, "phase": phase, "launch": 0}


SNAPSHOT = {
    "message": "snapshot",
    "at_us": 10,
    "offerings": [{"price_nanousd_h": 5, "held": 2}],
    "nodes": [node(0), node(1)],
    "jobs": [job(2, 4), job(1, 8), job(0, 2, tasks=2, works_us=5, seats=[{"node": 1, "tasks": 2}])],
    "spent_nanousd": 3,
}


def changes(*all_changes, at_us=20):
    return {"message": "changes", "at_us": at_us, "changes": list(all_changes), "spent_nanousd": 4}


class Seen(windtunnel.Policy):
    """Notes how things stood."""

    def __init__(self):
        self.seen = []

    def decide(self, view, plan):
        waiting = [own.job for own in view.pending]
        self.seen.append((view.now_us, waiting, [own.job for own in view.running], view.free_gpus()))


class Fifo(windtunnel.Policy):
    wakes = ["arrival", "end"]

    def decide(self, view, plan):
        plan.until_refused = True
        for waiting in view.pending:
            plan.start(waiting)


def said(policy, *messages):
    return [json.loads(policy.answer(json.dumps(message))) for message in messages]


def test_a_view_stands_as_the_messages_say():
    policy = Seen()
    started = {"change": "started", "job": 1, "works_us": 21, "seats": [{"node": 0, "tasks": 1}]}
    said(
        policy,
        HELLO,
        SNAPSHOT,
        changes(started, {"change": "arrived", **job(3, 1)}),
        changes({"change": "requeued", **job(0, 2, tasks=2)}, {"change": "node", **node(1, "noticed")}, at_us=30),
        changes({"change": "ended", "job": 1}, {"change": "ended", "job": 2}, {"change": "node", **node(1, "absent")}, at_us=40),
    )
    assert policy.seen == [
        (10, [2, 1], [0], {0: 8, 1: 4}),
        (20, [2, 3], [0, 1], {0: 0, 1: 4}),
        (30, [2, 3, 0], [1], {0: 0}),
        (40, [3, 0], [], {0: 8}),
    ]


def test_decisions_are_said_in_their_order():
    ready, decisions = said(Fifo(), HELLO, SNAPSHOT)
    assert ready == {"message": "ready", "protocol": 1, "wakes": ["arrival", "end"]}
    starts = [{"decision": "start", "job": 2}, {"decision": "start", "job": 1}]
    assert decisions == {"message": "decisions", "decisions": starts, "until_refused": True}


def test_every_decision_of_the_protocol_can_be_made():
    class All(windtunnel.Policy):
        def decide(self, view, plan):
            own, place = view.jobs[2], view.nodes[1]
            plan.start(own, [windtunnel.Seat(0, 2, gpus=[3])])
            plan.preempt(own)
            plan.migrate(own)
            plan.checkpoint(own, 5)
            plan.reject(own)
            plan.request(0, 2)
            plan.drain(place)
            plan.release(place)
            plan.launch(1, 3)
            plan.retire(own)
            plan.hold(own, "outranked")
            plan.wake_at(99)

        def refused(self, view, plan, refusals):
            plan.preempt(view.jobs[refusals[0]["job"]])

    _, decided, again = said(All(), HELLO, SNAPSHOT, {"message": "refusals", "at_us": 10, "refusals": [{"decision": 0, "job": 0}]})
    assert decided["decisions"] == [
        {"decision": "start", "job": 2, "seats": [{"node": 0, "tasks": 2, "role": 0, "gpus": [3]}]},
        {"decision": "preempt", "job": 2},
        {"decision": "migrate", "job": 2},
        {"decision": "checkpoint", "job": 2, "every_us": 5},
        {"decision": "reject", "job": 2},
        {"decision": "request", "offering": 0, "count": 2},
        {"decision": "drain", "node": 1},
        {"decision": "release", "node": 1},
        {"decision": "launch", "set": 1, "count": 3},
        {"decision": "retire", "job": 2},
        {"decision": "hold", "job": 2, "reason": "outranked"},
        {"decision": "wake", "at_us": 99},
    ]
    assert again == {"message": "decisions", "decisions": [{"decision": "preempt", "job": 0}]}


def test_a_program_answers_line_by_line_until_there_are_no_more():
    lines = io.StringIO("".join(json.dumps(message) + "\n" for message in (HELLO, SNAPSHOT)))
    answers = io.StringIO()
    Fifo().serve(lines, answers)
    assert [json.loads(line)["message"] for line in answers.getvalue().splitlines()] == ["ready", "decisions"]


def test_who_does_not_decide_is_no_policy():
    with pytest.raises(NotImplementedError):
        said(windtunnel.Policy(), HELLO, SNAPSHOT)

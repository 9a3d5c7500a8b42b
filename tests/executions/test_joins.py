"""Values that arrive at one node at the same moment, from transactions that are open at once."""

import threading
from uuid import UUID

import pytest
from django.db import connection

from executions.engine import admission
from executions.engine.attempt import attempt
from executions.engine.claim import Ask, Holder
from executions.models import NodeExecution, NodeInput
from executions.states import Status
from tests.executions.runs import statuses
from tests.graphs_for_tests import Build, Built
from tests.silence import Silent

pytestmark = [pytest.mark.usefixtures("transactional_db", "no_messages")]


def at_once(execution_ids: list[UUID]) -> None:
    """Attempts that begin together, each on a connection of its own."""
    start = threading.Barrier(len(execution_ids))

    def run(execution_id: UUID) -> None:
        try:
            start.wait(10)
            attempt(Ask(execution_id, 1, Holder("thread")), lambda ready: None)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(execution_id,)) for execution_id in execution_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@pytest.mark.parametrize("attempt_number", range(8))
def test_two_producers_meet_in_one_execution(build: Build, attempt_number: int) -> None:
    built = build({"a": ("Echo", {"x": 1}), "b": ("Echo", {"x": 2}), "p": "Pair"}, "a.out -> p.a", "b.out -> p.b")
    run = built.start()
    admission.admit(run.pk)
    at_once([built.of(run, key)[0].pk for key in "ab"])
    assert statuses(built, run, "p") == [Status.QUEUED]
    assert NodeInput.objects.count() == 2


@pytest.mark.parametrize("attempt_number", range(3))
def test_eight_producers_of_one_stream_are_zipped_without_loss(build: Build, attempt_number: int) -> None:
    nodes = {f"a{i}": ("Echo", {"x": i}) for i in range(4)} | {f"b{i}": ("Echo", {"x": i}) for i in range(4)}
    links = [f"a{i}.out -> p.a" for i in range(4)] + [f"b{i}.out -> p.b" for i in range(4)]
    built = build(nodes | {"p": "Pair"}, *links)
    run = built.start()
    admission.admit(run.pk)
    at_once([one.pk for key in nodes for one in built.of(run, key)])
    assert statuses(built, run, "p") == [Status.QUEUED] * 4
    assert sorted(one.ordinal for one in built.of(run, "p")) == [0, 1, 2, 3]
    for pin in "ab":
        arrived = NodeInput.objects.filter(pin=pin).order_by("ordinal")
        assert sorted(int(one.value) for one in arrived) == [0, 1, 2, 3]


@pytest.mark.parametrize("attempt_number", range(3))
def test_a_static_value_and_its_partners_may_arrive_together(build: Build, attempt_number: int) -> None:
    nodes = {"s": ("StoreValue", {"input": "S"})} | {f"a{i}": ("Echo", {"x": i}) for i in range(4)}
    built = build(nodes | {"p": "Pair"}, "s.output => p.b", *(f"a{i}.out -> p.a" for i in range(4)))
    run = built.start()
    admission.admit(run.pk)
    at_once([one.pk for key in nodes for one in built.of(run, key)])
    assert statuses(built, run, "p") == [Status.QUEUED] * 4


def test_one_message_for_several_workers_is_executed_once(build: Build, no_messages: Silent) -> None:
    built: Built = build({"a": ("Paid", {"x": 1}), "e": "Echo"}, "a.out -> e.x")
    run = built.start()
    admission.admit(run.pk)
    [node] = built.of(run, "a")
    at_once([node.pk] * 6)
    node.refresh_from_db()
    assert (node.status, node.attempt, node.cost) == (Status.COMPLETED, 1, 10)
    assert NodeExecution.objects.filter(run=run, node_id=built.ids["e"]).count() == 1

"""Values are stored with what they deliver, paired without a window of time, and none is lost in silence."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from executions import services
from executions.engine import admission
from executions.models import NodeExecution, NodeInput, NodeOutput
from executions.states import Status
from tests.executions.driver import Driver
from tests.executions.faults import refused
from tests.executions.runs import values
from tests.graphs_for_tests import Build

KILLED = 'INSERT INTO "executions_nodeexecution"', 'INSERT INTO "executions_nodeinput"'


@pytest.mark.parametrize("statement", KILLED)
def test_an_output_is_never_stored_without_what_it_delivers(drive: Driver, build: Build, statement: str) -> None:
    """The attempt breaks off between storing a value and carrying it on: either both are there or neither is."""
    built = build({"a": ("Echo", {"x": 1}), "e": "Echo", "p": "Pair"}, "a.out -> e.x", "a.out -> p.a", "a.out -> p.b")
    run = built.start()
    drive.step()
    with refused(statement, error=ValueError("broken off")):
        drive.step()
    assert not NodeOutput.objects.exists()
    assert [built.of(run, "e"), built.of(run, "p")] == [[], []]
    NodeExecution.objects.filter(run=run).update(wakes_at=timezone.now())
    assert drive(run).status == Status.COMPLETED
    assert (values(built, run, "a"), values(built, run, "e"), values(built, run, "p")) == ([1], [1], [[1, 1]])


def test_a_value_that_has_waited_for_days_is_not_overwritten_by_the_next_one(drive: Driver, build: Build) -> None:
    built = build({"m": ("Multi", {"xs": [1, 2, 3]}), "s": ("Multi", {"xs": ["a", "b", "c"]}), "p": "Pair"},
        "m.item -> p.a", "s.item -> p.b")  # fmt: skip
    run = built.start()
    drive.step()
    [first, second] = drive.messages
    drive.messages = [first]
    drive.step()
    long_ago = timezone.now() - timedelta(days=3)
    NodeExecution.objects.filter(run=run, status=Status.INCOMPLETE).update(add_time=long_ago)
    assert len(built.of(run, "p")) == 3
    drive.messages = [second]
    drive(run)
    assert values(built, run, "p") == [[1, "a"], [2, "b"], [3, "c"]]


@pytest.mark.usefixtures("transactional_db", "no_messages")
def test_the_database_itself_refuses_a_second_value_of_a_pin(build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1}), "p": "Pair"}, "a.out -> p.a", "a.error -> p.b")
    run = built.start()
    admission.admit(run.pk)
    point = run.run_nodes.get()
    NodeInput.objects.create(run_node=point, ordinal=0, pin="a", value=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        NodeInput.objects.create(run_node=point, ordinal=0, pin="a", value=2)
    made = {"run": run, "node_id": built.ids["p"], "run_node": point, "ordinal": 0, "add_time": timezone.now()}
    NodeExecution.objects.create(**made)
    with pytest.raises(IntegrityError), transaction.atomic():
        NodeExecution.objects.create(**made)


def test_a_value_that_cannot_be_carried_on_is_noted_where_it_came_from(drive: Driver, build: Build) -> None:
    """The other links of the same value go on."""
    built = build(
        {"m": ("Multi", {"xs": [[1], [1, 2]]}), "e": "Echo", "f": "Echo"}, "m.item_$_x -> e.x", "m.item -> f.x"
    )
    run = drive(built.start())
    assert run.status == Status.COMPLETED
    [node] = built.of(run, "m")
    assert (values(built, run, "e"), values(built, run, "f")) == ([], [[1], [1, 2]])
    assert len(node.stats["routing_errors"]) == 2
    assert node.stats["routing_errors"][0].startswith("item_$_x → ")


def test_a_text_that_became_0_or_false_because_it_is_neither_is_noted(drive: Driver, build: Build) -> None:
    built = build({"i": ("Int", {"x": "abc"}), "b": ("Bool", {"x": "yes"}), "n": ("Int", {"x": "42"})})
    run = drive(built.start())
    assert [values(built, run, key) for key in "ibn"] == [[0], [False], [42]]
    notes = [built.of(run, key)[0].stats.get("conversion_warnings") for key in "ibn"]
    assert notes == [["x: 'abc' became 0"], ["x: 'yes' became False"], None]


def test_a_skipped_node_ends_with_its_run_and_says_why(drive: Driver, build: Build) -> None:
    nodes = {"k": ("Keyed", {"x": 1}), "b": "Echo", "a": ("Echo", {"x": 1})}
    built = build(nodes, "k.out -> b.x", k={"credentials_optional": True})
    run = drive(built.start())
    assert run.status == Status.COMPLETED
    assert [one.status for one in run.node_executions.order_by("status")] == [Status.COMPLETED, Status.TERMINATED]
    [skipped] = built.of(run, "k")
    assert "skipped" in skipped.stats["error"].lower()
    assert skipped.end_time is not None


def test_what_was_stopped_has_a_reason_in_words_and_an_end(drive: Driver, build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1}), "t": ("CountdownTimer", {"seconds": 3600})})
    run = built.start()
    drive.step()
    run.refresh_from_db()
    services.stop_run(run)
    for node in run.node_executions.all():
        assert (node.status, node.stats["error"]) == (Status.TERMINATED, "Stopped before it started.")
        assert node.end_time is not None
    row = NodeExecution.objects.filter(run=run)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(end_time=None)

"""Limits with clear errors: nothing grows without end."""

from datetime import timedelta
from typing import Any

import pytest

from executions import services, sweeping
from executions.engine.attempt import attempt
from executions.engine.claim import Ask, Holder
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests.executions.driver import Driver
from tests.executions.runs import TEST_BLOCKS, statuses, values
from tests.graphs_for_tests import Build


def test_a_loop_without_an_end_is_ended(drive: Driver, build: Build, settings: Any) -> None:
    settings.MAX_NODE_EXECUTIONS = 30
    built = build({"a": ("Echo", {"x": 1}), "b": "Echo"}, "a.out -> b.x", "b.out -> b.x")
    run = drive(built.start())
    assert run.status == Status.FAILED
    assert "at most 30 are allowed (PETIOLE_MAX_NODE_EXECUTIONS)" in run.stats["error"]
    assert 30 <= run.stats["node_exec_count"] <= 34


def test_a_value_that_is_too_large_fails_its_node(drive: Driver, build: Build, settings: Any) -> None:
    settings.MAX_OUTPUT_BYTES = 2000
    built = build({"a": (TEST_BLOCKS["Big"], {"n": 3000}), "e": "Echo"}, "a.error -> e.x")
    run = drive(built.start())
    assert (run.status, statuses(built, run, "a")) == (Status.COMPLETED, [Status.FAILED])
    assert "at most 2000 are allowed (PETIOLE_MAX_OUTPUT_BYTES)" in values(built, run, "e")[0]


def test_a_graph_that_runs_itself_ends_at_the_greatest_depth(drive: Driver, build: Build, settings: Any) -> None:
    settings.MAX_DEPTH = 3
    inner = build({"e": ("Echo", {"x": 1})})
    for _ in range(4):
        settings.MAX_DEPTH = 20  # the save refuses it as well: here it has slipped through
        inner = build({"s": build.executor(inner)})
        settings.MAX_DEPTH = 3
    run = drive(inner.start())
    assert run.status == Status.COMPLETED
    deepest = GraphExecution.objects.order_by("-depth").first()
    assert deepest is not None
    assert deepest.depth == 3
    assert "nested more than 3 deep" in deepest.node_executions.get().stats["error"]


def test_a_run_that_lasts_too_long_is_ended_by_the_sweep(drive: Driver, build: Build) -> None:
    built = build({"t": ("CountdownTimer", {"days": 30})})
    run = built.start()
    drive.step()
    drive.step()
    GraphExecution.objects.update(started_at=run.created_at - timedelta(days=8))
    sweeping.sweep()
    drive(run)
    assert run.status == Status.FAILED
    assert "(PETIOLE_MAX_RUN_SECONDS)" in run.stats["error"]
    assert statuses(built, run, "t") == [Status.FAILED]


def test_what_running_nodes_did_is_put_back_when_no_worker_lives(drive: Driver, build: Build) -> None:
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 3}), "e": "Echo"}, "c.out -> e.x")
    run = built.start()
    drive.step()
    NodeExecution.objects.update(status=Status.RUNNING, claim_token=run.pk, start_time=run.created_at, attempt=1)
    drive.messages.clear()
    assert services.release_all() == 1
    sweeping.sweep()
    assert drive(run).status == Status.COMPLETED
    assert values(built, run, "e") == [0, 1, 2]


@pytest.mark.parametrize("stored", [0, 1, 3])
def test_a_block_that_is_run_again_after_a_crash_does_not_repeat_itself(
    drive: Driver, build: Build, stored: int
) -> None:
    """D13: what was stored before the crash is neither stored nor routed again."""
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 3}), "e": "Echo"}, "c.out -> e.x")
    run = built.start()
    drive.step()
    [node] = built.of(run, "c")
    for number in range(stored):
        node.outputs.create(sequence=number, pin="out", data=number, size=1)
    NodeExecution.objects.filter(pk=node.pk).update(attempt=1)
    drive(run)
    assert values(built, run, "c") == [0, 1, 2]
    assert values(built, run, "e") == list(range(stored, 3))


def test_a_replay_that_differs_keeps_the_old_and_adds_the_new(drive: Driver, build: Build) -> None:
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 3})})
    run = built.start()
    drive.step()
    [node] = built.of(run, "c")
    node.outputs.create(sequence=0, pin="out", data="something else", size=1)
    NodeExecution.objects.filter(pk=node.pk).update(attempt=1)
    drive(run)
    assert values(built, run, "c") == ["something else", 0, 1, 2]
    assert built.of(run, "c")[0].stats["replay_diverged"] is True


def test_a_block_that_ends_its_process_again_and_again_fails(drive: Driver, build: Build, settings: Any) -> None:
    settings.MAX_ATTEMPTS = 3
    built = build({"q": (TEST_BLOCKS["Quitter"], {"x": 1})})
    run = built.start()
    drive.step()
    for _ in range(3):
        [node] = built.of(run, "q")
        with pytest.raises(SystemExit):
            attempt(Ask(node.pk, node.dispatch, Holder("me")), lambda ready: None)
    drive.messages.clear()
    sweeping.sweep()
    assert drive(run).status == Status.COMPLETED
    [node] = built.of(run, "q")
    assert node.stats["error"] == "Its attempts were lost 3 times. The last time: its process was told to end"

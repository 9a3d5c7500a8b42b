"""Runs below a run that is retried go on too, and blocks that were interrupted (decisions D5 and D14)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

import credits.services
from accounts.models import User
from executions import services
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests.executions.driver import Driver, newest
from tests.executions.runs import TEST_BLOCKS, afford, end_of, statuses, values
from tests.graphs_for_tests import Build, Built
from tests.stack import eventually


def stopped_after_its_child_failed(build: Build, drive: Driver) -> tuple[Built, GraphExecution]:
    """The child pays for three values and hands them on; a timer keeps the run above going when it has failed."""
    nodes = {"m": ("Multi", {"xs": [1, 2, 3]}), "c": "Paid", "o": ("AgentOutput", {"name": "out"})}
    child = build(nodes, "m.item -> c.x", "c.out -> o.value")
    timer = "CountdownTimer", {"seconds": 3600}
    built = build({"s": build.executor(child), "e": "Echo", "t": timer}, "s.out -> e.x")
    run = built.start()
    while drive.messages:
        drive.step(newest)
    assert statuses(built, run, "s") == ["FAILED"]
    return built, services.stop_run(run)


def go_on(drive: Driver, run: GraphExecution) -> GraphExecution:
    """Retry it; its timer has run out."""
    services.retry_run(run)
    NodeExecution.objects.filter(run=run, waits_for="timer").update(wakes_at=timezone.now())
    return drive(run)


def test_the_same_child_goes_on_and_nothing_of_it_comes_twice(drive: Driver, build: Build, user: User) -> None:
    afford(user, 25)
    built, run = stopped_after_its_child_failed(build, drive)
    assert run.children.get().status == Status.FAILED
    assert len(values(built, run, "e")) == 2
    afford(user, 100)
    go_on(drive, run)
    child = run.children.get()
    assert (run.status, child.status, child.retries) == (Status.COMPLETED, Status.COMPLETED, 1)
    assert sorted(values(built, run, "e")) == [1, 2, 3]
    assert (statuses(built, run, "s"), statuses(built, run, "t")) == (["COMPLETED"], ["COMPLETED"])
    assert (run.stats["cost"], credits.services.balance(user.pk)) == (30, 90)
    assert run.stats["node_exec_count"] == 2 + 3 + 7
    call_command("ledger_audit")


def test_a_child_that_fails_again_fails_its_node_again(drive: Driver, build: Build, user: User) -> None:
    afford(user, 25)
    built, run = stopped_after_its_child_failed(build, drive)
    go_on(drive, run)
    assert (run.status, statuses(built, run, "s")) == (Status.COMPLETED, ["FAILED"])
    assert (run.children.count(), len(values(built, run, "s", "error"))) == (1, 2)
    assert run.stats["cost"] == 20


def test_without_credits_the_child_is_not_retried(drive: Driver, build: Build, user: User) -> None:
    afford(user, 20)
    built, run = stopped_after_its_child_failed(build, drive)
    afford(user, 1)
    services.retry_run(run)
    afford(user, 0)
    drive.step()
    drive.step()
    assert statuses(built, run, "s") == ["FAILED"]
    assert "no credits are left" in built.of(run, "s")[0].stats["error"]
    assert (run.children.get().retries, built.of(run, "s")[0].extra_cost) == (0, 20)


@pytest.mark.parametrize("after", range(2, 26))
def test_a_tree_that_is_stopped_anywhere_ends_as_if_it_had_not_been(
    drive: Driver, build: Build, user: User, after: int
) -> None:
    leaf = build(
        {"m": ("Multi", {"xs": [1, 2]}), "c": "Paid", "o": ("AgentOutput", {"name": "out"})},
        "m.item -> c.x",
        "c.out -> o.value",
    )
    middle = build({"s": build.executor(leaf), "o": ("AgentOutput", {"name": "out"})}, "s.out -> o.value")
    built = build({"s": build.executor(middle), "e": "Echo"}, "s.out -> e.x")
    before = credits.services.balance(user.pk)
    run = built.start()
    for _ in range(after):
        if drive.messages:
            drive.step()
    services.stop_run(run)
    if run.status == Status.TERMINATED:
        services.retry_run(run)
    drive(run)
    assert sorted(values(built, run, "e")) == [1, 2]
    assert GraphExecution.objects.filter(root=run, status=Status.COMPLETED).count() == 3
    assert (run.stats["cost"], before - credits.services.balance(user.pk)) == (20, 20)
    assert run.stats["node_exec_count"] == 3 + (5 + 3)


# -- With workers


@pytest.mark.worker
def test_a_block_that_was_interrupted_repeats_nothing(workers: Callable[..., Any], build: Build) -> None:
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 8, "pause": 0.15}), "e": "Echo"}, "c.out -> e.x")
    run = built.start()
    eventually(lambda: len(values(built, run, "e")) >= 2)
    assert services.stop_run(run).status == Status.TERMINATED
    assert statuses(built, run, "c") == [Status.TERMINATED]
    services.retry_run(run)
    assert end_of(run).status == Status.COMPLETED
    assert values(built, run, "c") == list(range(8))
    assert sorted(values(built, run, "e")) == list(range(8))


def has_come(built: Built, run: GraphExecution, number: int) -> bool:
    return len(values(built, run, "e")) >= number


@pytest.mark.worker
def test_a_tree_is_stopped_and_retried_again_and_again(workers: Callable[..., Any], build: Build) -> None:
    nodes = {"c": (TEST_BLOCKS["Count"], {"n": 6, "pause": 0.2}), "p": "Paid", "o": ("AgentOutput", {"name": "out"})}
    child = build(nodes, "c.out -> p.x", "p.out -> o.value")
    built = build({"s": build.executor(child), "e": "Echo"}, "s.out -> e.x")
    run = built.start()
    for number in (1, 3):
        eventually(partial(has_come, built, run, number))
        assert services.stop_run(run).status == Status.TERMINATED
        services.retry_run(run)
    assert end_of(run, within=60).status == Status.COMPLETED
    assert sorted(values(built, run, "e")) == list(range(6))
    assert (run.children.count(), run.retries, run.stats["cost"]) == (1, 2, 60)
    call_command("ledger_audit")

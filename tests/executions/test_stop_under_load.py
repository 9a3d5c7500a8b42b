"""Many runs with long blocks are stopped at the same moment, on several workers of both kinds."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from celery import current_app
from django.db import connection
from django.db.models import F

from executions import services, sweeping
from executions.models import GraphExecution, NodeExecution
from executions.states import FINAL, Status
from tests import stack
from tests.executions.runs import TEST_BLOCKS, end_of
from tests.graphs_for_tests import Build
from tests.stack import eventually

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("workers")]

# threads: one looks, one is awaited, one does neither; processes: one sleeps, one holds off the signal
BLOCKS = "Patient", "Asleep", "Deaf", "Forever", "Stone"
EACH = 6


def test_runs_stopped_at_once_on_several_workers_all_end_and_nothing_starts_afterwards(build: Build) -> None:
    built = [build({"a": (TEST_BLOCKS[name], {"x": 1}), "e": "Echo"}, "a.out -> e.x") for name in BLOCKS]
    with stack.worker("io,engine", "-P", "threads", "-c", "8"), stack.worker("cpu", "-P", "prefork", "-c", "2"):
        full = pool_sizes()
        runs = [one.start() for _ in range(EACH) for one in built]
        eventually(lambda: has_begun("Deaf") and has_begun("Stone"), within=60)
        with ThreadPoolExecutor(len(runs)) as many:
            answers = list(many.map(partial(in_thread, services.stop_run), runs))
        assert all(run.status == Status.TERMINATED or run.stop_requested_at is not None for run in answers)
        eventually(partial(have_ended, runs), within=60)
        assert {run.status for run in GraphExecution.objects.all()} == {Status.TERMINATED}
        assert not NodeExecution.objects.exclude(status__in=FINAL).exists()
        before = attempts()
        eventually(lambda: pool_sizes() == full, within=60)
        after = build({f"n{number}": (TEST_BLOCKS["Count"], {"n": 1, "pause": 0.1}) for number in range(12)})
        assert end_of(after.start(), within=60).status == Status.COMPLETED
        assert attempts(runs) == before
        late = NodeExecution.objects.filter(run__in=runs, claimed_at__gt=F("run__ended_at"))
        assert not late.exists()


def has_begun(name: str) -> bool:
    return NodeExecution.objects.filter(node__block_id=TEST_BLOCKS[name], outputs__isnull=False).exists()


def have_ended(runs: Iterable[GraphExecution]) -> bool:
    sweeping.sweep()
    return not GraphExecution.objects.filter(pk__in=[run.pk for run in runs]).alive().exists()


def attempts(runs: Iterable[GraphExecution] | None = None) -> list[Any]:
    """Everything that a start changes."""
    nodes = NodeExecution.objects.all() if runs is None else NodeExecution.objects.filter(run__in=list(runs))
    return list(nodes.order_by("pk").values_list("pk", "status", "attempt", "dispatch", "claimed_at"))


def pool_sizes() -> dict[str, int]:
    """The number of processes of each prefork pool, by the worker's name."""
    pools = current_app.control.inspect().stats() or {}
    return {name: len(told["pool"]["processes"]) for name, told in pools.items() if "processes" in told["pool"]}


def in_thread(stop: Callable[[GraphExecution], GraphExecution], run: GraphExecution) -> GraphExecution:
    try:
        return stop(run)
    finally:
        connection.close()

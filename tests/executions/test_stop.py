"""Stopped means stopped (decision D10)."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from executions import liveness, services
from executions.engine import admission, stop
from executions.engine.attempt import End, attempt
from executions.engine.claim import Ask, Holder
from executions.models import GraphExecution, NodeExecution
from executions.states import FINAL, Status
from tests.executions.runs import TEST_BLOCKS, end_of, runs_now, statuses, values
from tests.graphs_for_tests import Build
from tests.stack import eventually

worker = pytest.mark.worker


@worker
@pytest.mark.parametrize("block", ["Forever", "Patient", "Asleep"])
def test_a_running_block_ends_and_nothing_follows_it(workers: Any, build: Build, block: str) -> None:
    built = build({"a": (TEST_BLOCKS[block], {"x": 1}), "p": "Pair"}, "a.out -> p.a", "a.error -> p.b")
    run = built.start()
    eventually(lambda: runs_now(built, run, "a"))
    stopped = services.stop_run(run)
    assert stopped.status == Status.TERMINATED
    assert stopped.ended_at is not None
    assert statuses(built, run, "a") == [Status.TERMINATED]
    assert built.of(run, "a")[0].stats["error"] == "Stopped."


@worker
def test_the_process_of_a_stopped_block_takes_the_next_task(workers: Any, build: Build) -> None:
    for _ in range(3):
        built = build({"a": (TEST_BLOCKS["Forever"], {"x": 1})})
        run = built.start()
        eventually(partial(runs_now, built, run, "a"))
        assert services.stop_run(run).status == Status.TERMINATED
    after = build({"a": ("Echo", {"x": 1})})
    assert end_of(after.start()).status == Status.COMPLETED


@worker
def test_a_block_that_does_not_listen_is_fenced(workers: Any, build: Build) -> None:
    built = build({"a": (TEST_BLOCKS["Deaf"], {"x": 1}), "e": "Echo"}, "a.out -> e.x")
    run = built.start()
    eventually(lambda: statuses(built, run, "e") == [Status.COMPLETED])
    assert services.stop_run(run).status == Status.TERMINATED
    assert built.of(run, "a")[0].stats["error"].startswith("abandoned: still running on worker threads of process")
    another = build({"a": (TEST_BLOCKS["Count"], {"n": 3, "pause": 1.5})})
    end_of(another.start())  # by then the deaf block has ended and tried to write
    assert (values(built, run, "a"), statuses(built, run, "e")) == (["began"], [Status.COMPLETED])


@worker
def test_a_process_whose_block_holds_off_the_signal_is_killed_after_the_grace(workers: Any, build: Build) -> None:
    built = build({"a": (TEST_BLOCKS["Stone"], {"x": 1}), "e": "Echo"}, "a.out -> e.x")
    run = built.start()
    eventually(lambda: statuses(built, run, "e") == [Status.COMPLETED])
    busy = int((built.of(run, "a")[0].holder or "").split()[1])  # "process 4711 on oak"
    assert services.stop_run(run).status == Status.TERMINATED
    eventually(lambda: liveness.pool_process_has_ended(f"process {busy} on oak"))


@worker
def test_a_stop_reaches_the_sub_runs(workers: Any, build: Build) -> None:
    child = build({"a": (TEST_BLOCKS["Asleep"], {"x": 1}), "o": ("AgentOutput", {"name": "out"})}, "a.out -> o.value")
    parent = build({"s": build.executor(child), "e": "Echo"}, "s.out -> e.x")
    run = parent.start()
    eventually(lambda: statuses(parent, run, "e") == [Status.COMPLETED])
    assert services.stop_run(run).status == Status.TERMINATED
    assert [one.status for one in run.children.all()] == [Status.TERMINATED]
    assert statuses(parent, run, "s") == [Status.TERMINATED]


@worker
def test_stopping_a_child_fails_the_node_that_started_it(workers: Any, build: Build) -> None:
    child = build({"a": (TEST_BLOCKS["Asleep"], {"x": 1}), "o": ("AgentOutput", {"name": "out"})}, "a.out -> o.value")
    parent = build({"s": build.executor(child), "e": "Echo"}, "s.out -> e.x")
    run = parent.start()
    eventually(lambda: statuses(parent, run, "e") == [Status.COMPLETED])
    services.stop_run(run.children.get())
    assert end_of(run).status == Status.COMPLETED
    assert statuses(parent, run, "s") == [Status.FAILED]
    assert f"The child run {run.children.get().pk} ended TERMINATED" in parent.of(run, "s")[0].stats["error"]


@pytest.mark.usefixtures("no_messages")
def test_a_run_that_was_never_taken_is_stopped_at_once(build: Build) -> None:
    run = build({"a": ("Paid", {"x": 1})}).start()
    stopped = services.stop_run(run)
    assert stopped.status == Status.TERMINATED
    assert [one.status for one in run.node_executions.all()] == [Status.TERMINATED]
    assert stopped.stats["node_exec_count"] == 0
    assert services.stop_run(run).ended_at == stopped.ended_at


# -- A claim that is held open across each commit of the stop


STEPS: dict[str, Callable[[GraphExecution], Any]] = {
    "the tree is marked": lambda run: stop.mark([run.pk]),
    "what is queued is closed": lambda run: (stop.mark([run.pk]), stop.close([run.pk])),
    "descendants are looked up": lambda run: stop.begin(run.pk),
    "running nodes are counted": lambda run: services.stop_run(run, wait=0),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.usefixtures("no_messages", "transactional_db")
def test_a_claim_after_any_commit_of_the_stop_is_refused(build: Build, step: str) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    admission.admit(run.pk)
    node = run.node_executions.get()
    STEPS[step](run)
    assert attempt(Ask(node.pk, node.dispatch, Holder("me")), lambda ready: None).end is not End.WAITS
    services.stop_run(run)
    node.refresh_from_db()
    assert (node.status, node.start_time) == (Status.TERMINATED, None)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.usefixtures("no_messages", "transactional_db")
def test_a_claim_that_was_open_during_the_stop_ends_as_running_or_not_at_all(build: Build, step: str) -> None:
    """The claim's transaction is open while the stop's commit runs: one of the two waits for the other's row lock."""
    run = build({"a": ("Paid", {"x": 1})}).start()
    admission.admit(run.pk)
    node = run.node_executions.get()
    claimed, release = threading.Event(), threading.Event()
    claim = threading.Thread(target=_claim_slowly, args=(node, claimed, release))
    claim.start()
    assert claimed.wait(10)
    stopping = threading.Thread(target=_in_thread, args=(lambda: STEPS[step](run),))
    stopping.start()
    release.set()
    claim.join(10)
    stopping.join(10)
    node.refresh_from_db()
    assert node.status == Status.RUNNING  # it was first: the stop counts it
    assert not NodeExecution.objects.filter(run=run, status=Status.QUEUED).exists()
    assert services.stop_run(run, wait=0).status == Status.RUNNING
    node_row = NodeExecution.objects.filter(pk=node.pk)
    node_row.close(Status.TERMINATED, timezone.now())
    assert services.stop_run(run).status in FINAL


def _claim_slowly(node: NodeExecution, claimed: threading.Event, release: threading.Event) -> None:
    with transaction.atomic():
        NodeExecution.objects.filter(pk=node.pk, status=Status.QUEUED).update(
            status=Status.RUNNING, claim_token=node.pk, holder="me", start_time=timezone.now()
        )
        claimed.set()
        release.wait(10)
    connection.close()


def _in_thread(step: Callable[[], Any]) -> None:
    try:
        step()
    finally:
        connection.close()

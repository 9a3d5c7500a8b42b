"""Nodes whose worker is gone go on elsewhere: at once when that can be known, in any case within fifteen seconds."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.utils import timezone
from pytest_django import Settings

from executions import liveness, services, sweeping
from executions.engine import takeback
from executions.engine.attempt import attempt
from executions.engine.claim import Ask, Holder
from executions.heartbeat import Heartbeat
from executions.models import GraphExecution, NodeExecution, Worker
from executions.publishing import task_id
from executions.states import Status
from tests import stack
from tests.executions.driver import Driver
from tests.executions.runs import TEST_BLOCKS, runs_now, statuses, values
from tests.executions.test_processes import ALL, has_ended, others_pause
from tests.graphs_for_tests import Build, Built
from tests.stack import eventually

NOW = timezone.now()
LATER = NOW + timedelta(hours=1)  # than whatever these tests do


def row(**changes: Any) -> Worker:
    usual = {"name": "io@here", "host": socket.gethostname(), "place": liveness.place(), "pid": os.getpid()}
    return Worker(**(usual | {"started_at": NOW, "seen_at": NOW} | changes))


# -- What becomes of what it held


@pytest.fixture
def held(build: Build, drive: Driver) -> Callable[..., NodeExecution]:
    """An Echo node of a new run, claimed by a worker that is gone."""

    def claimed(worker: Worker, **changes: Any) -> NodeExecution:
        worker.save()
        run = build({"e": ("Echo", {"x": 1})}).start()
        drive.step()
        NodeExecution.objects.filter(run=run).update(
            status=Status.RUNNING,
            claim_token=uuid4(),
            worker=worker,
            start_time=NOW,
            claimed_at=timezone.now(),
            **changes,
        )
        return run.node_executions.get()

    return claimed


def test_what_a_gone_worker_held_goes_on_under_its_id(held: Callable[..., NodeExecution], drive: Driver) -> None:
    node = held(row(gone_at=LATER))
    assert sweeping.sweep().taken_back == 1
    run = drive(node.run)
    after = run.node_executions.get()
    assert (run.status, after.status, after.mishaps, after.dispatch) == (Status.COMPLETED, Status.COMPLETED, 1, 2)


def test_what_a_gone_worker_had_received_and_not_begun_is_sent_again_at_once(build: Build, drive: Driver) -> None:
    run = build({"e": ("Echo", {"x": 1})}).start()
    drive.step()
    [node] = run.node_executions.all()
    drive.messages.clear()
    worker = row(holding=[task_id(node.pk, node.dispatch)])
    worker.save()
    assert sweeping.bury(worker)
    assert [message.id for message in drive.messages] == [node.pk]


def test_what_a_living_worker_holds_is_left_alone(held: Callable[..., NodeExecution]) -> None:
    held(row())
    assert sweeping.sweep().taken_back == 0


def test_what_a_worker_claims_after_it_was_taken_for_gone_is_left_to_it(held: Callable[..., NodeExecution]) -> None:
    """It was slow, and says so with its next beat."""
    held(row(gone_at=NOW))
    assert sweeping.taken_back() == 0
    NodeExecution.objects.update(claimed_at=timezone.now() - timedelta(seconds=60))
    Worker.objects.update(gone_at=timezone.now() - timedelta(seconds=90))
    assert sweeping.taken_back() == 1


def test_a_worker_without_a_row_has_as_much_time_as_one_that_is_silent(held: Callable[..., NodeExecution]) -> None:
    node = held(row())
    Worker.objects.all().delete()
    assert sweeping.taken_back() == 0
    NodeExecution.objects.update(claimed_at=NOW - timedelta(seconds=60))
    assert sweeping.taken_back() == 1
    node.refresh_from_db()
    assert node.status == Status.QUEUED


def test_a_node_that_loses_its_worker_again_and_again_fails_with_the_reason(
    held: Callable[..., NodeExecution],
) -> None:
    node = held(row(gone_at=LATER), mishaps=4)
    sweeping.taken_back()
    node.refresh_from_db()
    assert node.status == Status.FAILED
    assert node.stats["error"] == "Its attempts were lost 5 times. The last time: its worker is gone"


def test_a_node_of_a_stopped_run_is_not_started_again(held: Callable[..., NodeExecution], drive: Driver) -> None:
    node = held(row(gone_at=LATER))
    GraphExecution.objects.update(stop_requested_at=NOW)
    sweeping.sweep()
    node.refresh_from_db()
    assert (node.status, node.run.status) == (Status.TERMINATED, Status.TERMINATED)


def test_the_place_in_the_chord_goes_over_to_the_next_attempt(held: Callable[..., NodeExecution]) -> None:
    node = held(row(gone_at=LATER), in_chord=True)
    sweeping.taken_back()
    node.refresh_from_db()
    assert node.has_place


def test_what_a_lost_attempt_had_made_ready_is_sent_with_it(build: Build, drive: Driver) -> None:
    """Its process died between the commit of an output and the message for the node behind it."""
    built = build({"m": ("Multi", {"xs": [7]}), "e": "Echo"}, "m.item -> e.x")
    run = built.start()
    for _ in range(2):
        drive.step()
    [successor] = built.of(run, "e")
    drive.messages.clear()
    gone = row(gone_at=LATER)
    gone.save()
    NodeExecution.objects.filter(pk=built.of(run, "m")[0].pk).update(
        status=Status.RUNNING, claim_token=uuid4(), worker=gone, end_time=None
    )
    sweeping.taken_back()
    assert {message.id for message in drive.messages} == {successor.pk, built.of(run, "m")[0].pk}


@pytest.mark.parametrize(
    ("holder", "becomes"),
    [("process {dead} on here", (Status.QUEUED, 1)), ("process {alive} on here", (Status.RUNNING, 0))],
)
def test_a_worker_does_not_wait_for_celery_to_tell_that_a_process_of_its_pool_has_died(
    held: Callable[..., NodeExecution], holder: str, becomes: tuple[Status, int]
) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    own = row()
    execution = held(own, holder=holder.format(dead=dead.pid, alive=os.getpid()))
    received = {task_id(execution.pk, execution.dispatch)}
    Heartbeat(own, lambda: received, list)._beat()
    execution.refresh_from_db()
    assert (execution.status, execution.mishaps) == becomes


def test_an_attempt_that_was_taken_back_can_write_nothing(held: Callable[..., NodeExecution]) -> None:
    node = held(row())
    token = node.claim_token
    assert token is not None
    assert takeback.take_back_one(node.pk, token, "for this test", counted=True, publish=False)
    assert not takeback.take_back_one(node.pk, token, "for this test", counted=True, publish=False)
    assert not NodeExecution.objects.held(node.pk, token).exists()


# -- Real workers


def begun(built: Built) -> GraphExecution:
    run = built.start()
    eventually(partial(runs_now, built, run, "c"))
    return run


def ends_as_ever(built: Built, run: GraphExecution, *, attempts: int) -> None:
    eventually(partial(has_ended, run), within=60)
    [node] = built.of(run, "c")
    assert (node.attempt, node.failures) == (attempts, 0)
    assert values(built, run, "c") == sorted(values(built, run, "e")) == list(range(8))


@pytest.fixture
def built(build: Build, workers: Any, settings: Settings) -> Built:
    """A message may be lost with its process: the test's own sweeps send it again after a second."""
    settings.REPUBLISH_SECONDS = 1
    return build({"c": (TEST_BLOCKS["Count"], {"n": 8, "pause": 0.3}), "e": "Echo"}, "c.out -> e.x")


def process_of(built: Built, run: GraphExecution) -> int:
    """The process that runs the node: `process 4711 on host`."""
    holder = built.of(run, "c")[0].holder
    assert holder is not None
    return int(holder.partition(" on ")[0].rpartition(" ")[2])


worker = pytest.mark.worker


@worker
def test_a_killed_pool_process_does_not_hang_its_node(built: Built) -> None:
    """Takeback is set to an hour: the main process itself sees the death of its child."""
    with others_pause(*ALL), stack.worker(",".join(ALL), "-P", "prefork", "-c", "2", PETIOLE_TAKEBACK_SECONDS="3600"):
        run = begun(built)
        os.kill(process_of(built, run), signal.SIGKILL)
        ends_as_ever(built, run, attempts=2)


@worker
@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_killed_worker_does_not_hang_its_nodes(built: Built, pool: str) -> None:
    """The workers that live on hear of it; what was not sent any more is sent by the sweep."""
    with others_pause(*ALL), stack.worker(",".join(ALL), "-P", pool, "-c", "2") as old:
        run = begun(built)
        old.kill()
        old.wait()
    eventually(lambda: statuses(built, run, "c") != [Status.RUNNING] or built.of(run, "c")[0].attempt == 2)
    ends_as_ever(built, run, attempts=2)


@worker
def test_a_worker_that_hangs_loses_its_node_and_can_write_nothing_when_it_wakes_up(built: Built) -> None:
    with (
        others_pause(*ALL),
        stack.worker(",".join(ALL), "-P", "threads", "-c", "4"),
        stack.worker(",".join(ALL), "-P", "threads", "-c", "4"),
    ):
        run = begun(built)
        mine = process_of(built, run)
        os.kill(mine, signal.SIGSTOP)
        eventually(lambda: built.of(run, "c")[0].attempt == 2)
        os.kill(mine, signal.SIGCONT)
        ends_as_ever(built, run, attempts=2)


@worker
@pytest.mark.parametrize("pool", ["prefork", "threads"])
@pytest.mark.usefixtures("workers")
def test_a_worker_that_is_told_to_end_gives_back_what_does_not_end_in_time(build: Build, pool: str) -> None:
    """The block would go on for ever; the worker ends all the same, and the node is not to blame."""
    built = build({"c": (TEST_BLOCKS["Forever"], {"x": 1})})
    with others_pause(*ALL), stack.worker(",".join(ALL), "-P", pool, "-c", "2", PETIOLE_SHUTDOWN_SECONDS="0.5") as old:
        run = built.start()
        eventually(partial(runs_now, built, run, "c"))
        old.send_signal(signal.SIGTERM)
        assert old.wait(20) == 0
        [node] = built.of(run, "c")
        assert (node.status, node.mishaps) == (Status.QUEUED, 0)
        assert services.stop_run(run).status == Status.TERMINATED


@pytest.mark.django_db
def test_attempts_without_a_worker_are_nobody_elses_business(build: Build, no_messages: Any) -> None:
    run = build({"e": ("Echo", {"x": 1})}).start()
    NodeExecution.objects.update(status=Status.RUNNING, claim_token=uuid4(), start_time=NOW)
    assert sweeping.taken_back() == 0
    assert attempt(Ask(run.node_executions.get().pk, 1, Holder("me")), lambda ready: None).ready == []


# -- A main loop that stands still


@worker
@pytest.mark.usefixtures("workers")
def test_a_worker_whose_main_loop_stands_still_ends_and_gives_back_its_nodes(build: Build) -> None:
    """Its blocks would go on, and no message would ever be taken again."""
    built, short = build({"c": (TEST_BLOCKS["Forever"], {"x": 1})}), {"PETIOLE_TAKEBACK_SECONDS": "1"}
    with others_pause(*ALL), stack.worker(",".join(ALL), "-P", "prefork", "-c", "2", **short) as old:
        run = begun(built)
        [name] = Worker.objects.filter(pid=old.pid).values_list("name", flat=True)
        current_app.control.broadcast("hang", destination=[name])
        assert old.wait(60) == 0
        [node] = built.of(run, "c")
        assert (node.status, node.mishaps) == (Status.QUEUED, 0)
        assert services.stop_run(run).status == Status.TERMINATED

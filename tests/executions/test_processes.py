"""Processes that end or are few, and runs that are stopped while they grow: the outputs are those of a quiet day."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from celery import current_app
from django.db import connection
from django.db.backends.utils import CursorWrapper

from executions import services, sweeping, tasks
from executions.engine import admission
from executions.engine.attempt import attempt
from executions.engine.claim import Ask, Holder
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests import stack
from tests.executions.faults import before_statements
from tests.executions.runs import TEST_BLOCKS, end_of, runs_now, statuses, values
from tests.graphs_for_tests import Build
from tests.stack import eventually

worker = pytest.mark.worker
ALL = "io", "cpu", "engine"


@contextmanager
def others_pause(*queues: str) -> Iterator[None]:
    """The workers that are there already take nothing from these queues for a while."""
    control = current_app.control
    served = (control.inspect().active_queues() or {}).items()
    paused = [(name, one["name"]) for name, many in served for one in many if one["name"] in queues]
    assert {queue for _, queue in paused} == set(queues)
    for name, queue in paused:
        control.cancel_consumer(queue, destination=[name], reply=True)
    try:
        yield
    finally:
        for name, queue in paused:
            control.add_consumer(queue, destination=[name], reply=True)


def has_ended(run: GraphExecution) -> bool:
    """Asked every few milliseconds; so does beat ask the sweep, only less often."""
    sweeping.sweep()
    run.refresh_from_db()
    return run.status == Status.COMPLETED


@worker
@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize(("ending", "grace", "attempts"), [(signal.SIGTERM, "60", 1), (signal.SIGQUIT, "1", 2)])
def test_a_node_whose_worker_is_told_to_end_puts_everything_out_once(
    build: Build, ending: signal.Signals, grace: str, attempts: int
) -> None:
    """It is waited for, or it goes on elsewhere, under its id."""
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 8, "pause": 0.3}), "e": "Echo"}, "c.out -> e.x")
    with (
        others_pause(*ALL),
        stack.worker(",".join(ALL), "-P", "prefork", "-c", "2", PETIOLE_SHUTDOWN_SECONDS=grace) as old,
    ):
        run = built.start()
        eventually(lambda: runs_now(built, run, "c"))
        [before] = built.of(run, "c")
        old.send_signal(ending)
        old.wait(20)
    eventually(partial(has_ended, run), within=60)
    [after] = built.of(run, "c")
    assert (after.pk, after.attempt, after.failures) == (before.pk, attempts, 0)
    assert values(built, run, "c") == sorted(values(built, run, "e")) == list(range(8))


@worker
@pytest.mark.usefixtures("workers")
def test_a_process_killed_between_commit_and_publishing_changes_nothing(build: Build) -> None:
    built = build({"d": (TEST_BLOCKS["Doomed"], {"x": 1}), "e": "Echo", "f": "Echo"}, "d.out -> e.x", "e.out -> f.x")
    run = end_of(built.start())
    assert (run.status, run.stats["node_exec_count"]) == (Status.COMPLETED, 3)
    assert values(built, run, "d") == values(built, run, "f") == [1]
    assert not built.of(run, "e")[0].in_chord  # published by the message that came again


@worker
@pytest.mark.usefixtures("workers")
def test_a_copy_that_runs_beside_the_chord_does_not_keep_the_run_from_ending(build: Build) -> None:
    count = TEST_BLOCKS["Count"]
    built = build({"a": (count, {"n": 3, "pause": 0.5}), "b": (count, {"n": 1, "pause": 2})})
    with others_pause("cpu"):
        run = built.start()
        eventually(GraphExecution.objects.exclude(chord_id=None).exists)  # its members wait in the queue that rests
        [node] = built.of(run, "a")
        copy = str(node.pk), 1, str(run.pk), str(run.graph_version_id), str(node.node_id)
        tasks.run_node.apply_async(copy, queue="io")
        eventually(lambda: statuses(built, run, "a") == [Status.RUNNING])
    assert end_of(run, within=20).status == Status.COMPLETED
    assert (values(built, run, "a"), values(built, run, "b")) == ([0, 1, 2], [0])


@worker
@pytest.mark.usefixtures("workers")
def test_a_worker_with_more_threads_than_connections_ends_all_its_runs(build: Build) -> None:
    """PETIOLE_POOL is for PostgreSQL; SQLite's connections are not pooled, and the runs end there too."""
    pool = {"PETIOLE_POOL": "4"} if connection.vendor == "postgresql" else {}
    built = build({"a": ("Echo", {"x": 1}), "b": "Echo"}, "a.out -> b.x")
    with others_pause(*ALL), stack.worker(",".join(ALL), "-P", "threads", "-c", "16", **pool):
        runs = [built.start() for _ in range(20)]
        assert {end_of(run, within=60).status for run in runs} == {Status.COMPLETED}
    assert [values(built, run, "b") for run in runs] == [[1]] * 20
    assert not NodeExecution.objects.filter(mishaps__gt=0).exists()


# -- A child run that is being inserted while the run above it is stopped


def in_thread(step: Callable[[], object]) -> threading.Thread:
    def steps() -> None:
        try:
            step()
        finally:
            connection.close()

    return threading.Thread(target=steps)


@contextmanager
def inserting_a_child(node: NodeExecution) -> Iterator[None]:
    """The node's step, in another thread: it has looked for stops, and inserts the child run when the block ends."""
    looked, go = threading.Event(), threading.Event()
    step = in_thread(lambda: attempt(Ask(node.pk, node.dispatch, Holder("me")), lambda ready: None))

    def hold(cursor: CursorWrapper, sql: str) -> None:
        if threading.current_thread() is step and sql.startswith('INSERT INTO "executions_graphexecution"'):
            looked.set()
            assert go.wait(20)

    with before_statements(hold):
        step.start()
        assert looked.wait(20)
        yield
        go.set()
        step.join(20)


def somebody_waits_for_a_lock() -> bool:
    """On SQLite whoever writes waits for the step, sooner or later."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.usefixtures("no_messages", "transactional_db")
@pytest.mark.parametrize("above", [0, 1])
def test_nothing_of_a_child_starts_that_was_inserted_during_the_stop(build: Build, above: int) -> None:
    """The run that is stopped has so many runs above it."""
    built = build({"e": ("Echo", {"x": 1})})
    for _ in range(1 + above):
        built = build({"s": build.executor(built)})
    run = built.start()
    admission.admit(run.pk)
    for _ in range(above):
        attempt(Ask(run.node_executions.get().pk, 1, Holder("me")), lambda ready: None)
        run = run.children.get()
    stopping = in_thread(lambda: services.stop_run(GraphExecution.objects.get(pk=run.pk), wait=0))
    with inserting_a_child(run.node_executions.get()):
        stopping.start()
        eventually(lambda: not stopping.is_alive() or somebody_waits_for_a_lock())
    stopping.join(20)
    assert services.stop_run(run).status == Status.TERMINATED
    for late in NodeExecution.objects.filter(run__parent=run):
        assert attempt(Ask(late.pk, late.dispatch, Holder("me")), lambda ready: None).ready == []
    assert not NodeExecution.objects.filter(run__parent=run, start_time__isnull=False).exists()

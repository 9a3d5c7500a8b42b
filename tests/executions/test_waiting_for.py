"""Why is it not running? Every reason, from the rows alone."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from executions import services
from executions.engine import stop
from executions.models import GraphExecution, NodeExecution, Worker
from executions.states import Status
from executions.waiting import Kind, waiting_for
from tests.executions.driver import Driver
from tests.executions.fleet import ago, begun, echo, only, taken, worker
from tests.executions.runs import TEST_BLOCKS
from tests.graphs_for_tests import Build

pytestmark = [pytest.mark.usefixtures("drive")]


@pytest.fixture(autouse=True)
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker runs here; what is said of one is tested below."""
    monkeypatch.setattr("executions.waiting.runs.broker_problem", str)


@pytest.fixture(autouse=True)
def only_workers_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of other tests may live, and renew their rows in this database."""
    monkeypatch.setattr("executions.waiting.fleet.Worker", SimpleNamespace(objects=Worker.objects.filter(host="oak")))


# -- Before it runs


def test_a_new_run_waits_to_be_admitted_by_a_worker(build: Build) -> None:
    worker("engine")
    reason = only(echo(build).start())
    assert (reason.kind, reason.queue, reason.count) == (Kind.ADMISSION, "engine", 0)
    assert "to be admitted by a worker of the queue “engine”." in reason.detail


def test_without_a_worker_for_the_engine_nobody_admits_a_run(build: Build) -> None:
    reason = only(echo(build).start())
    assert reason.kind is Kind.NO_WORKER
    assert "No live worker takes the queue “engine”, and none is known that did." in reason.detail


def test_the_limit_of_a_user_is_named_with_its_numbers(build: Build, settings: Settings) -> None:
    settings.MAX_RUNS_PER_USER = 2
    for _ in range(2):
        begun(echo(build))
    echo(build).start()
    reason = only(echo(build).start())
    assert reason.kind is Kind.USER_LIMIT
    assert reason.detail.startswith("2 of 2 runs of ada are running (PETIOLE_MAX_RUNS_PER_USER)")
    assert reason.detail.endswith("; 1 older run waits too.")


def test_the_limit_of_a_graph_is_named_with_its_numbers(build: Build, settings: Settings) -> None:
    settings.MAX_RUNS_PER_GRAPH = 1
    built = echo(build)
    begun(built)
    reason = only(built.start())
    assert reason.kind is Kind.GRAPH_LIMIT
    assert reason.detail.startswith("1 of 1 runs of this graph are running (PETIOLE_MAX_RUNS_PER_GRAPH)")


def test_runs_in_which_everything_waits_are_no_reason(build: Build, settings: Settings, drive: Driver) -> None:
    settings.MAX_RUNS_PER_USER = 1
    worker("engine")
    begun(build({"t": ("CountdownTimer", {"seconds": 3600})}))
    drive.messages = [message for message in drive.messages if message.name == "run_node"]
    drive.step()
    assert only(echo(build).start()).kind is Kind.ADMISSION


def test_a_run_that_is_retried_begins_to_wait_anew(build: Build) -> None:
    worker("engine")
    run = echo(build).start()
    services.stop_run(run)
    GraphExecution.objects.update(created_at=ago(7200))
    services.retry_run(run)
    run.refresh_from_db()
    reason = only(run)
    assert (reason.kind, reason.since) == (Kind.ADMISSION, run.published_at)


# -- Queued and held


def test_a_queued_node_waits_for_the_workers_of_its_queue(build: Build) -> None:
    worker("cpu", "io", holding=["t1", "t2", "t3", "t4"])
    worker("cpu", holding=["t5"])
    run = begun(echo(build))
    reason = only(run)
    assert (reason.kind, reason.queue, reason.block, reason.count) == (Kind.QUEUE, "cpu", "EchoBlock", 1)
    assert reason.node_exec_id == NodeExecution.objects.get(run=run).pk
    assert "“Say it” has been queued for " in reason.detail
    assert reason.detail.endswith("2 live workers take the queue “cpu”, 5 of 8 places taken.")


def test_a_queue_that_no_live_worker_takes_is_named_with_the_last_one_that_did(build: Build) -> None:
    worker("io", "engine")
    run = begun(echo(build))
    assert "No live worker takes the queue “cpu”, and none is known that did." in only(run).detail
    last = worker("cpu", seen=180)
    reason = only(run)
    assert (reason.kind, reason.queue) == (Kind.NO_WORKER, "cpu")
    assert "the last one, cpu@oak, was seen 3 min 0 s ago." in reason.detail
    Worker.objects.filter(pk=last.pk).update(seen_at=timezone.now(), draining_at=timezone.now())
    assert "the last one, cpu@oak, was told to end." in only(run).detail
    Worker.objects.filter(pk=last.pk).update(draining_at=None, gone_at=timezone.now())
    assert only(run).kind is Kind.NO_WORKER


def test_a_running_node_is_held_by_a_worker_since_a_time(build: Build) -> None:
    run = begun(echo(build))
    node = taken(run, worker("cpu"))
    reason = only(run)
    assert (reason.kind, reason.worker, reason.node_exec_id) == (Kind.WORKER, "cpu@oak", node.pk)
    assert "“Say it” has been running for 12 s on worker cpu@oak, seen 1." in reason.detail
    Worker.objects.update(draining_at=timezone.now())
    assert "it was told to end and gives back what it does not finish." in only(run).detail


def test_a_node_of_a_silent_worker_is_about_to_be_taken_back(build: Build) -> None:
    run = begun(echo(build))
    silent = worker("cpu", seen=20)
    taken(run, silent)
    assert only(run).kind is Kind.SILENT_WORKER
    assert "silent for 20 s. No worker is alive: it is taken back when one is started." in only(run).detail
    worker("cpu")
    assert "It is taken back within 15 s (PETIOLE_TAKEBACK_SECONDS)." in only(run).detail
    silent.delete()
    assert "on a worker that is gone. It is taken back" in only(run).detail


def test_a_node_that_no_row_of_a_worker_explains_is_told_with_its_process(build: Build) -> None:
    run = begun(echo(build))
    taken(run, None)
    assert only(run).detail.endswith("on process 7 on oak.")


# -- Suspended


def test_a_timer_says_when_it_is_due(build: Build, drive: Driver) -> None:
    run = build({"t": ("CountdownTimer", {"seconds": 3600})}).start()
    drive.step()
    drive.step()
    run.refresh_from_db()
    reason = only(run)
    assert (reason.kind, reason.until) == (Kind.TIMER, NodeExecution.objects.get(run=run).wakes_at)
    assert "“Countdown Timer” waits for a timer, due in 1 h 0 min." in reason.detail
    NodeExecution.objects.filter(run=run).update(wakes_at=ago(3))
    assert ", due for 3" in only(run).detail
    assert only(run).detail.endswith(": the next sweep wakes it.")


def test_a_back_off_says_when_the_next_attempt_is_due_and_what_went_wrong(build: Build, drive: Driver) -> None:
    flaky = {"f": (TEST_BLOCKS["Flaky"], {"x": 1, "failures": 1})}
    run = build(flaky, f={"retry": {"attempts": 3, "delay_seconds": 600}}).start()
    drive.step()
    drive.step()
    run.refresh_from_db()
    reason = only(run)
    assert reason.kind is Kind.BACKOFF
    assert reason.until is not None
    assert "waits for another attempt, due in " in reason.detail
    assert "; attempt 1 failed: " in reason.detail
    assert "attempt 1 fails" in reason.detail


def test_a_sub_run_is_named_with_its_own_first_reason(build: Build, drive: Driver) -> None:
    inner = build({"t": ("CountdownTimer", {"seconds": 3600})})
    middle = build({"m": build.executor(inner)})
    run = build({"s": build.executor(middle)}).start()
    while NodeExecution.objects.filter(waits_for="timer").count() == 0:
        drive.step()
    run.refresh_from_db()
    child = run.children.get()
    reason = only(run)
    assert (reason.kind, reason.run_id) == (Kind.RUN, child.pk)
    assert f"waits for the run {child.pk} below (RUNNING): " in reason.detail
    assert f"waits for the run {child.children.get().pk} below (RUNNING): “Countdown Timer” waits for" in reason.detail


def test_a_review_waits_for_a_person(build: Build) -> None:
    run = begun(echo(build))
    node = taken(run, None, since=7200)
    NodeExecution.objects.filter(pk=node.pk).update(status=Status.REVIEW, claim_token=None)
    GraphExecution.objects.filter(pk=run.pk).update(status=Status.REVIEW)
    run.refresh_from_db()
    reason = only(run)
    assert reason.kind is Kind.REVIEW
    assert "“Say it” has waited for a person to decide for 2 h 0 min." in reason.detail


# -- Paused, stopping, ending


def test_a_paused_run_says_since_when_and_what_still_runs(build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1}), "b": ("Echo", {"x": 2})})
    run = begun(built)
    taken(run, worker("cpu"))
    GraphExecution.objects.filter(pk=run.pk).update(paused_at=ago(180))
    run.refresh_from_db()
    first, second = waiting_for(run)
    assert (first.kind, first.since) == (Kind.PAUSE, run.paused_at)
    assert first.detail == "The run was paused 3 min 0 s ago: nothing new starts until it is resumed."
    assert second.kind is Kind.WORKER


def test_a_pause_of_the_topmost_run_is_told_of_the_runs_below(build: Build, drive: Driver) -> None:
    run = build({"s": build.executor(echo(build))}).start()
    while not run.children.exists():
        drive.step()
    GraphExecution.objects.filter(pk=run.pk).update(paused_at=ago(5))
    assert only(run.children.get()).kind is Kind.PAUSE


def test_a_stop_waits_for_the_block_that_still_runs(build: Build) -> None:
    run = begun(echo(build))
    node = taken(run, worker("cpu"))
    stop.close_tree(run.pk)
    run.refresh_from_db()
    reason = only(run)
    assert (reason.kind, reason.worker, reason.node_exec_id) == (Kind.STOP, "cpu@oak", node.pk)
    assert reason.detail.startswith("A stop was requested ")
    assert "“Say it” has been running for 12 s on worker cpu@oak" in reason.detail
    NodeExecution.objects.filter(pk=node.pk).close(Status.TERMINATED, timezone.now())
    assert only(run).detail.endswith("nothing runs any more: a worker or the next sweep ends the run.")


def test_a_stop_that_waits_for_runs_below_says_so(build: Build, drive: Driver) -> None:
    run = build({"s": build.executor(echo(build))}).start()
    while not run.children.exists():
        drive.step()
    stop.close_tree(run.pk)
    run.refresh_from_db()
    assert only(run).detail.endswith("; it waits for a run below.")


def test_a_run_with_nothing_left_to_do_is_about_to_end(build: Build) -> None:
    worker("engine")
    run = begun(build({"a": ("Echo", {"x": 1}), "p": "Pair"}, "a.out -> p.a", "a.error -> p.b"))
    node = taken(run, None)
    NodeExecution.objects.filter(pk=node.pk).close(Status.COMPLETED, timezone.now())
    assert only(run).detail == "Nothing is outstanding any more: the run is about to end."


def test_a_run_whose_executions_only_lack_values_is_about_to_end(build: Build, drive: Driver) -> None:
    worker("engine")
    built = build(
        {"m": ("Multi", {"xs": [1, 2]}), "a": ("Echo", {"x": 1}), "p": "Pair"}, "m.item -> p.a", "a.out -> p.b"
    )
    run = built.start()
    while any(message.name in {"admit", "run_node"} for message in drive.messages):
        drive.step()
        drive.messages = [message for message in drive.messages if message.name != "conclude"]
    run.refresh_from_db()
    ending, lacking = waiting_for(run)
    assert ending.kind is Kind.CONCLUSION
    assert (lacking.kind, lacking.count) == (Kind.VALUES, 1)
    assert "“Pair” has waited for values on other pins for " in lacking.detail


def test_a_run_that_has_ended_waits_for_nothing_and_costs_no_query(build: Build, drive: Driver) -> None:
    run = drive(echo(build).start())
    with CaptureQueriesContext(connection) as seen:
        assert waiting_for(run) == []
    assert len(seen) == 0

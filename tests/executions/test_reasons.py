"""Why is it not running? Told over HTTP and on the command line, of large runs, and when the broker is away."""

import socket
from datetime import datetime

import pytest
from celery import current_app
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from executions.models import GraphExecution, NodeExecution
from executions.waiting import MOST, Kind, reason_of, waiting_for
from executions.waiting import broker as broker_of
from tests.executions.commands import said
from tests.executions.driver import Driver
from tests.executions.fleet import begun, echo, only, taken, worker
from tests.graphs_for_tests import Build

pytestmark = [pytest.mark.usefixtures("drive")]


@pytest.fixture(autouse=True)
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker runs here; what is said of one is tested below."""
    monkeypatch.setattr("executions.waiting.runs.broker_problem", str)


# -- Large runs


def test_a_large_run_is_told_in_groups_with_counts(build: Build) -> None:
    one = worker("cpu")
    nodes = {f"n{number:02}": ("Echo", {"x": number}) for number in range(60)}
    run = begun(build(nodes))
    few = queries(begun(echo(build)))
    for _ in range(30):
        taken(run, one)
    found = waiting_for(run)
    assert [(reason.kind, reason.count) for reason in found] == [(Kind.WORKER, 30), (Kind.QUEUE, 30)]
    assert "30 executions of “Echo”, “Echo”, “Echo” and 27 more nodes have been running for" in found[0].detail
    assert len(found) <= MOST
    assert queries(run) <= few + 1


def test_many_executions_of_one_node_are_one_reason(build: Build, drive: Driver) -> None:
    worker("cpu")
    run = build({"m": ("Multi", {"xs": list(range(50))}), "b": "Echo"}, "m.item -> b.x").start()
    drive.step()
    drive.step()
    run.refresh_from_db()
    reason = only(run)
    assert (reason.kind, reason.count) == (Kind.QUEUE, 50)
    assert "50 executions of “Echo” have been queued for" in reason.detail


def queries(run: GraphExecution) -> int:
    with CaptureQueriesContext(connection) as seen:
        waiting_for(run)
    return len(seen)


# -- The broker


def test_a_broker_that_cannot_be_reached_is_said_first(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    worker("cpu", "engine")
    monkeypatch.setattr("executions.waiting.runs.broker_problem", lambda: "Connection refused")
    for run in (echo(build).start(), begun(echo(build))):
        assert waiting_for(run)[0].kind is Kind.BROKER
        assert "The broker cannot be reached (Connection refused)" in waiting_for(run)[0].detail
    held = begun(echo(build))
    taken(held, worker("cpu"))
    assert only(held).kind is Kind.WORKER


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_the_broker_is_asked_once_in_a_while_and_never_for_long(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # it accepts, and says nothing
        address = f"{scheme}://127.0.0.1:{deaf.getsockname()[1]}//"
        monkeypatch.setattr(current_app.conf, "broker_write_url", address)
        broker_of.forget()
        began = timezone.now()
        assert broker_of.broker_problem()
        assert broker_of.broker_problem()
        assert (timezone.now() - began).total_seconds() < 5
    broker_of.forget()


@pytest.mark.usefixtures("broker")
def test_a_broker_that_answers_is_no_reason() -> None:
    broker_of.forget()
    assert broker_of.broker_problem() == ""


# -- Where it is told


def test_the_detail_of_a_run_tells_its_reasons(api: APIClient, build: Build, drive: Driver) -> None:
    worker("engine")
    run = begun(echo(build))
    path = f"/v1/graphs/{run.graph_version.graph_id}/executions/{run.pk}"
    (told,) = api.get(path).json()["waiting_for"]
    node = NodeExecution.objects.get(run=run)
    assert (told["kind"], told["queue"], told["count"]) == ("no_worker", "cpu", 1)
    assert (told["node_exec_id"], told["node_id"]) == (str(node.pk), str(node.node_id))
    assert "No live worker takes the queue “cpu”" in told["detail"]
    assert datetime.fromisoformat(told["since"]) == node.queue_time
    drive(run)
    assert api.get(path).json()["waiting_for"] == []


def test_the_command_why_prints_the_reasons(build: Build, drive: Driver) -> None:
    run = echo(build).start()
    assert "no_worker      The run has waited for " in said("why", str(run.pk))
    drive(run)
    assert said("why", str(run.pk)) == f"Run {run.pk} has ended: it is COMPLETED.\n"


def test_a_node_execution_has_its_own_reason(build: Build, drive: Driver) -> None:
    run = begun(echo(build))
    node = NodeExecution.objects.get(run=run)
    found = reason_of(node, run)
    assert found is not None
    assert (found.kind, found.node_exec_id) == (Kind.NO_WORKER, node.pk)
    drive(run)
    node.refresh_from_db()
    assert reason_of(node, run) is None

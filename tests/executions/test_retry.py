"""A run that failed or was stopped is made runnable again, and nothing that completed is done twice (decision D14)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

import credits.services
from accounts.models import User
from credits.models import CreditTransaction
from executions import services, sweeping
from executions.engine import stop
from executions.engine.attempt import End, attempt
from executions.engine.claim import Ask, Holder
from executions.engine.conclusion import conclude
from executions.errors import NoCredits, NotRetryable, RunBelow
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from graphs import services as graphs
from graphs.errors import GraphNotFound
from notifications.models import Notice
from tests.executions.driver import Driver
from tests.executions.runs import TEST_BLOCKS, afford, statuses, taken, values
from tests.graphs_for_tests import Build, Built


def paid(build: Build) -> Built:
    return build({"m": ("Multi", {"xs": [1, 2, 3]}), "c": "Paid", "e": "Echo"}, "m.item -> c.x", "c.out -> e.x")


def stopped(drive: Driver, run: GraphExecution, after: int) -> GraphExecution:
    """The run when it was stopped after so many messages."""
    for _ in range(after):
        drive.step()
    return services.stop_run(run)


def late(built: Built, run: GraphExecution, key: str) -> NodeExecution:
    return built.of(run, key)[0]


# -- What a retry does, and what it leaves alone


def test_a_run_without_credits_goes_on_when_there_are_some(drive: Driver, build: Build, user: User) -> None:
    afford(user, 25)
    built = paid(build)
    run = drive(built.start())
    assert (run.status, statuses(built, run, "m")) == (Status.FAILED, ["COMPLETED"])
    afford(user, 100)
    again = services.retry_run(run)
    assert (again.status, again.retries, again.failure, again.stats) == (Status.QUEUED, 1, None, None)
    drive(run)
    assert run.status == Status.COMPLETED
    assert sorted(values(built, run, "e")) == [1, 2, 3]
    assert (run.stats["cost"], run.stats["node_exec_count"], run.stats["error"]) == (30, 7, None)
    assert credits.services.balance(user.pk) == 90
    assert [one.attempt for one in built.of(run, "m")] == [1]
    call_command("ledger_audit")


def test_a_block_that_failed_is_called_again_from_the_start_and_not_paid_again(drive: Driver, build: Build) -> None:
    timer = ("CountdownTimer", {"seconds": 3600})
    built = build(
        {"f": (TEST_BLOCKS["Flaky"], {"x": 1}), "e": "Echo", "w": "Echo", "t": timer}, "f.out -> e.x", "f.error -> w.x"
    )
    run = stopped(drive, built.start(), 6)
    assert statuses(built, run, "f") == ["FAILED"]
    assert len(values(built, run, "w")) == 1
    services.retry_run(run)
    built_timers = NodeExecution.objects.filter(run=run, waits_for="timer")
    built_timers.update(wakes_at=timezone.now())
    drive(run)
    assert statuses(built, run, "f") == ["COMPLETED"]
    assert late(built, run, "f").stats.get("error") is None
    assert sorted(values(built, run, "e")) == [1, 2]  # what the failed attempt put out stays
    assert len(values(built, run, "w")) == 1
    assert run.stats["cost"] == 7
    assert run.stats["node_error_count"] == 0


def test_a_charge_that_was_given_back_is_taken_anew(drive: Driver, build: Build, user: User) -> None:
    afford(user, 100)
    built = build({"c": ("Paid", {"x": 1})})
    run = built.start()
    drive.step()
    taken(late(built, run, "c"))
    services.release_all()
    services.stop_run(run)
    assert credits.services.balance(user.pk) == 100
    services.retry_run(run)
    assert drive(run).stats["cost"] == 10
    assert credits.services.balance(user.pk) == 90
    assert CreditTransaction.objects.filter(type="USAGE", cycle=2).count() == 1
    call_command("ledger_audit")


def test_a_timer_that_was_stopped_waits_for_its_time(drive: Driver, build: Build) -> None:
    built = build({"t": ("CountdownTimer", {"seconds": 1, "repeat": 2}), "e": "Echo"}, "t.output_message -> e.x")
    run = built.start()
    drive.step()
    drive.step()
    due = late(built, run, "t").wakes_at
    services.stop_run(run)
    services.retry_run(run)
    again = late(built, run, "t")
    assert (again.status, again.waits_for, again.wakes_at) == (Status.RUNNING, "timer", due)
    assert drive(run).status == Status.COMPLETED
    assert len(values(built, run, "e")) == 2


def test_values_that_had_met_nobody_go_on_waiting(drive: Driver, build: Build) -> None:
    nodes = {"m": ("Multi", {"xs": [1, 2, 3]}), "n": ("Multi", {"xs": ["a", "b"]}), "q": "Echo", "p": "Pair"}
    built = build(nodes, "m.item -> p.a", "n.item -> q.x", "q.out -> p.b")
    run = stopped(drive, built.start(), 3)  # both streams are out, nothing has come through `q`
    assert statuses(built, run, "p") == ["INCOMPLETE"] * 3
    services.retry_run(run)
    drive(run)
    assert values(built, run, "p") == [[1, "a"], [2, "b"]]
    assert statuses(built, run, "p") == ["COMPLETED", "COMPLETED", "INCOMPLETE"]


def test_what_was_skipped_stays_skipped(drive: Driver, build: Build) -> None:
    built = build({"k": ("Keyed", {"x": 1}), "a": ("Echo", {"x": 1})}, k={"credentials_optional": True})
    run = stopped(drive, built.start(), 1)
    services.retry_run(run)
    assert drive(run).status == Status.COMPLETED
    assert (statuses(built, run, "k"), statuses(built, run, "a")) == (["TERMINATED"], ["COMPLETED"])


def test_a_block_that_must_not_run_twice_runs_again_because_somebody_asked(drive: Driver, build: Build) -> None:
    built = build({"o": (TEST_BLOCKS["Once"], {"x": 1})})
    run = built.start()
    drive.step()
    taken(late(built, run, "o"))
    NodeExecution.objects.update(entered_epoch=0)
    GraphExecution.objects.update(stop_requested_at=timezone.now())
    stop.abandon([run.pk])
    assert conclude(run.pk)
    services.retry_run(run)
    drive(run)
    assert values(built, run, "o") == [2]


def test_a_run_that_was_stopped_before_it_began_begins(drive: Driver, build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    run = stopped(drive, built.start(), 0)
    assert run.started_at is None
    services.retry_run(run)
    assert (drive(run).status, values(built, run, "a")) == (Status.COMPLETED, [1])


def test_a_run_of_which_all_nodes_have_ended_completes(drive: Driver, build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    run = built.start()
    drive.step()
    drive.step()
    stop.fail(run.pk, "for the test")
    assert drive(run).status == Status.FAILED
    services.retry_run(run)
    assert (drive(run).status, run.stats["node_exec_count"]) == (Status.COMPLETED, 1)


def test_a_run_that_lasted_too_long_gets_its_time_again(drive: Driver, build: Build) -> None:
    built = build({"t": ("CountdownTimer", {"days": 30})})
    run = built.start()
    drive.step()
    drive.step()
    GraphExecution.objects.update(started_at=run.created_at - timedelta(days=8))
    sweeping.sweep()
    assert drive(run).status == Status.FAILED
    services.retry_run(run)
    drive.step()
    sweeping.sweep()
    run.refresh_from_db()
    assert (run.status, statuses(built, run, "t")) == (Status.RUNNING, ["RUNNING"])


def test_the_surcharge_counts_what_a_second_life_added(
    drive: Driver, build: Build, user: User, settings: Settings
) -> None:
    settings.TIER_SIZE = 2
    afford(user, 25)
    built = paid(build)
    run = drive(built.start())
    first = run.stats["node_exec_count"]
    afford(user, 100)
    services.retry_run(run)
    drive(run)
    surcharges = -sum(row.amount for row in CreditTransaction.objects.filter(kind="tier"))
    assert run.stats["node_exec_count"] == 7 > first
    assert surcharges == 7 // 2
    assert run.stats["cost"] == 30 + surcharges
    call_command("ledger_audit")


def test_both_ends_of_a_run_are_told(drive: Driver, build: Build, settings: Settings) -> None:
    settings.NOTIFY_RUNS = True
    run = build({"a": ("Echo", {"x": 1})}).start()
    services.stop_run(run)
    drive.messages.clear()  # the first end has not been told yet
    services.retry_run(run)
    drive(run)
    told = Notice.objects.filter(kind="AGENT_RUN").order_by("pk")
    assert [notice.data["status"] for notice in told] == ["TERMINATED", "COMPLETED"]


# -- Who may, and when


def test_of_two_retries_at_once_one_succeeds(drive: Driver, build: Build) -> None:
    run = stopped(drive, build({"a": ("Echo", {"x": 1})}).start(), 1)
    together, outcomes = threading.Barrier(2), []

    def retry() -> None:
        together.wait()
        try:
            outcomes.append(services.retry_run(GraphExecution.objects.get(pk=run.pk)).status)
        except NotRetryable as refused:
            outcomes.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=retry) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == [Status.QUEUED, f"Run {run.pk} cannot be retried: it has not ended, it is QUEUED."]
    run.refresh_from_db()
    assert run.retries == 1


def test_a_late_message_of_the_life_before_starts_nothing(drive: Driver, build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1}), "b": "Echo"}, "a.out -> b.x")
    run = stopped(drive, built.start(), 2)
    before = late(built, run, "b")
    services.retry_run(run)
    drive.step()  # what was sent for `b` before the stop is still on its way, and comes again
    for _ in range(2):
        assert attempt(Ask(before.pk, before.dispatch, Holder("me")), lambda ready: None).end is End.DUPLICATE
    assert statuses(built, run, "b") == ["QUEUED"]
    assert drive(run).status == Status.COMPLETED
    assert values(built, run, "b") == [1]


def test_a_retry_is_admitted_like_a_start(drive: Driver, build: Build, user: User) -> None:
    built = build({"c": ("Paid", {"x": 1})})
    run = stopped(drive, built.start(), 1)
    afford(user, 0)
    with pytest.raises(NoCredits):
        services.retry_run(run)
    afford(user, 100)
    graphs.delete(user, built.version.graph_id)
    with pytest.raises(GraphNotFound):
        services.retry_run(run)
    run.refresh_from_db()
    assert (run.status, run.retries) == (Status.TERMINATED, 0)


def test_only_a_topmost_run_that_failed_or_was_stopped_is_retried(
    api: APIClient, drive: Driver, build: Build, broker: None
) -> None:
    inner = build({"a": ("Echo", {"x": 1})})
    run = build({"s": build.executor(inner)}).start()
    assert _retry(api, run).json()["message"] == f"Run {run.pk} cannot be retried: it has not ended, it is QUEUED."
    drive(run)
    assert _retry(api, run).json()["message"] == f"Run {run.pk} cannot be retried: it has completed."
    with pytest.raises(RunBelow, match=f"the topmost one is {run.pk}"):
        services.retry_run(run.children.get())
    answer = _retry(api, run.children.get())
    assert (answer.status_code, answer.json()["hint"]) == (409, f"Ask the same of the run {run.pk}.")
    again = stopped(drive, inner.start(), 1)
    answer = _retry(api, again)
    assert (answer.status_code, answer.json()["status"], answer.json()["retries"]) == (200, "QUEUED", 1)


def test_runs_of_others_cannot_be_retried(drive: Driver, build: Build) -> None:
    run = stopped(drive, build({"a": ("Echo", {"x": 1})}).start(), 1)
    stranger = APIClient()
    stranger.force_authenticate(User.objects.create_user("eve"))
    assert _retry(stranger, run).status_code == 404


def _retry(client: APIClient, run: GraphExecution) -> Any:
    return client.post(f"/v1/graphs/{run.graph_version.graph_id}/executions/{run.pk}/retry")

"""Money during a run (spec 4.3-4.5, D2, D23, D24)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from rest_framework.test import APIClient

import credits.services
from accounts.models import User
from blocks.library.file_store import FileStoreBlock
from credits import prices
from credits.models import CreditTransaction
from executions import crashpoints, services
from executions.engine import injection
from executions.errors import NoCredits
from executions.models import GraphExecution
from executions.states import Status
from notifications.models import Notice
from tests.executions.driver import Driver
from tests.executions.runs import TEST_BLOCKS, end_of, runs_now, statuses, taken
from tests.graphs_for_tests import Build, Built
from tests.stack import eventually


@pytest.fixture
def user(transactional_db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def filed(user: User) -> Iterator[str]:
    """A block that takes a file, at 10 credits."""
    prices.set_price(block_id=FileStoreBlock.id, amount=10, reason="test")
    yield FileStoreBlock.id
    prices.forget()


def give(user: User, amount: int) -> None:
    if change := amount - credits.services.balance(user.pk):
        credits.services.grant(user.pk, change, reason="test")


def three_paid(build: Build) -> Built:
    return build({"m": ("Multi", {"xs": [1, 2, 3]}), "c": "Paid"}, "m.item -> c.x")


def test_every_execution_is_charged_once_and_the_ledger_says_for_what(drive: Driver, build: Build, user: User) -> None:
    give(user, 1000)
    built = three_paid(build)
    run = drive(built.start())
    assert (run.stats["cost"], credits.services.balance(user.pk)) == (30, 970)
    rows = CreditTransaction.objects.filter(type="USAGE")
    assert {row.metadata["node_exec_id"] for row in rows} == {str(one.pk) for one in built.of(run, "c")}
    assert {row.metadata["block"] for row in rows} == {"PaidBlock"}
    call_command("ledger_audit")


def test_a_refused_charge_fails_the_run_and_keeps_what_was_paid(drive: Driver, build: Build, user: User) -> None:
    give(user, 25)
    built = three_paid(build)
    run = drive(built.start())
    assert run.status == Status.FAILED
    assert "balance" in run.stats["error"]
    assert (run.stats["cost"], credits.services.balance(user.pk)) == (20, 5)
    assert sorted(statuses(built, run, "c")) == ["COMPLETED", "COMPLETED", "FAILED"]
    [failed] = [one for one in built.of(run, "c") if one.status == Status.FAILED]
    assert (failed.outputs.get().pin, failed.stats["error"]) == ("error", run.stats["error"])
    notice = Notice.objects.get(kind="ZERO_BALANCE")
    assert (notice.data["shortfall"], notice.data["current_balance"]) == (5, 5)
    call_command("ledger_audit")


def test_a_shortfall_is_told_once_for_a_graph_until_credits_arrive(drive: Driver, build: Build, user: User) -> None:
    built = three_paid(build)

    def told(balance: int) -> int:
        give(user, balance)
        drive(built.start())
        return Notice.objects.filter(kind="ZERO_BALANCE").count()

    give(user, 30)
    assert told(5) == 1  # taking credits away clears nothing
    assert told(5) == 1
    assert told(8) == 2  # credits have arrived in between


@pytest.mark.parametrize(("balance", "notices"), [(505, 1), (510, 0), (500, 1)])
def test_falling_below_the_threshold_is_told_once(
    drive: Driver, build: Build, user: User, balance: int, notices: int
) -> None:
    give(user, balance)
    drive(build({"c": ("Paid", {"x": 1})}).start())
    assert Notice.objects.filter(kind="LOW_BALANCE").count() == notices


def test_every_hundredth_execution_costs_a_credit(drive: Driver, build: Build, user: User, settings: Any) -> None:
    settings.TIER_SIZE = 4
    give(user, 1000)
    built = three_paid(build)  # four executions
    assert drive(built.start()).stats["cost"] == 31
    assert drive(built.start()).stats["cost"] == 31
    assert credits.services.balance(user.pk) == 1000 - 62
    call_command("ledger_audit")


def test_with_credits_off_nothing_is_asked_and_costs_are_still_shown(
    drive: Driver, build: Build, user: User, settings: Any
) -> None:
    settings.CREDITS = False
    run = drive(three_paid(build).start())
    assert (run.status, run.stats["cost"]) == (Status.COMPLETED, 30)
    assert not CreditTransaction.objects.exists()
    assert not Notice.objects.filter(kind__in=["LOW_BALANCE", "ZERO_BALANCE"]).exists()


def test_a_sub_graph_is_not_started_without_credits(drive: Driver, build: Build, user: User) -> None:
    give(user, 10)
    child = build({"e": ("Echo", {"x": 1})})
    parent = build({"c": ("Paid", {"x": 1}), "s": build.executor(child)})
    run = drive(parent.start())
    assert run.status == Status.COMPLETED
    assert statuses(parent, run, "s") == ["FAILED"]
    assert GraphExecution.objects.count() == 1


def test_no_way_to_start_a_run_goes_around_the_balance(
    api: APIClient, build: Build, drive: Driver, user: User, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every other one calls the same service: presets, schedules, webhooks."""
    built = three_paid(build)
    version = built.version
    give(user, 100)
    failed = drive(build({"m": ("Multi", {"xs": [1] * 11}), "c": "Paid"}, "m.item -> c.x").start())
    assert (failed.status, credits.services.balance(user.pk)) == (Status.FAILED, 0)
    with pytest.raises(NoCredits, match="no credits are left"):
        built.start()
    assert api.post(f"/v1/graphs/{version.graph_id}/execute/{version.version}", {}).status_code == 402
    retry = f"/v1/graphs/{failed.graph_version.graph_id}/executions/{failed.pk}/retry"
    assert api.post(retry, {}).status_code == 402
    with pytest.raises(SystemExit) as refused:
        call_command("run_graph", f"{version.graph_id}", "--owner", user.username)
    assert refused.value.code == 2
    assert "no credits are left" in capsys.readouterr().err
    assert GraphExecution.objects.count() == 1


def test_a_charge_whose_block_was_never_entered_is_given_back(drive: Driver, build: Build, user: User) -> None:
    """The worker was lost between the claim and the call of the block; then the run is stopped."""
    give(user, 100)
    built = build({"c": ("Paid", {"x": 1})})
    run = built.start()
    drive.step()
    [node] = built.of(run, "c")
    taken(node)
    assert credits.services.balance(user.pk) == 90
    services.release_all()
    assert services.stop_run(run).status == Status.TERMINATED
    assert credits.services.balance(user.pk) == 100
    run.refresh_from_db()
    assert run.stats["cost"] == 0
    call_command("ledger_audit")


def test_a_block_whose_uploaded_file_is_gone_costs_nothing(drive: Driver, build: Build, user: User, filed: str) -> None:
    """It is paid with the claim, and then what it was to be given cannot be had: its block is not entered."""
    give(user, 100)
    built = build({"s": (filed, {"file_in": f"upload://{uuid4()}/gone.txt"})})
    run = drive(built.start())
    assert statuses(built, run, "s") == [Status.FAILED]
    assert (run.stats["cost"], credits.services.balance(user.pk)) == (0, 100)
    assert CreditTransaction.objects.filter(type="REFUND", amount=10).count() == 1
    call_command("ledger_audit")


def test_a_paid_block_that_begins_to_wait_while_its_run_is_stopped_costs_nothing(
    drive: Driver, build: Build, user: User
) -> None:
    """It waits for a credential. On PostgreSQL between two statements of the stop; SQLite lets nobody in there."""
    give(user, 100)
    built = build({"c": ("Paid", {"x": 1})})
    run = built.start()
    drive.step()
    work = taken(built.of(run, "c")[0])
    when = "give_back.free_closed" if connection.vendor == "postgresql" else "stop.before_close"

    def wait() -> None:
        injection._postpone(work, "The credential is in use.", 0)
        connection.close()

    def meanwhile(point: str) -> None:
        if point == when and not work.suspended:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(wait).result()

    crashpoints.install(meanwhile)
    try:
        assert services.stop_run(run).status == Status.TERMINATED
    finally:
        crashpoints.install()
    assert work.suspended
    assert credits.services.balance(user.pk) == 100
    assert built.of(run, "c")[0].cost == 0
    call_command("ledger_audit")


def test_a_paid_block_that_is_given_up_before_it_is_entered_costs_nothing(
    drive: Driver, build: Build, user: User, settings: Any
) -> None:
    """Its thread asks a provider for a token, say, and does not hear that the run is stopped."""
    settings.STOP_GRACE = 0.0
    give(user, 100)
    built = build({"c": ("Paid", {"x": 1})})
    run = built.start()
    drive.step()
    taken(built.of(run, "c")[0])
    assert services.stop_run(run, wait=10).status == Status.TERMINATED
    [node] = built.of(run, "c")
    assert ("abandoned" in node.stats["error"], node.cost) == (True, 0)
    assert credits.services.balance(user.pk) == 100
    call_command("ledger_audit")


@pytest.mark.worker
def test_a_refused_charge_ends_what_runs_elsewhere_in_the_run(workers: Any, build: Build, user: User) -> None:
    give(user, 15)
    built = build(
        {"s": (TEST_BLOCKS["Asleep"], {"x": 1}), "m": ("Multi", {"xs": [1, 2]}), "c": "Paid"}, "m.item -> c.x"
    )
    run = built.start()
    eventually(lambda: runs_now(built, run, "s") or run.node_executions.filter(status="FAILED").exists())
    assert end_of(run).status == Status.FAILED
    assert statuses(built, run, "s") == [Status.TERMINATED]
    assert credits.services.balance(user.pk) == 5

"""How much a run may cost (`max_cost`)."""

import threading
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

import credits.services
from accounts.models import User
from credits import prices
from credits.models import CreditTransaction
from executions import services
from executions.engine import admission
from executions.engine.attempt import attempt
from executions.engine.claim import Ask, Holder
from executions.errors import BudgetRefused
from executions.models import GraphExecution, NodeExecution, RunBudget
from executions.states import Status
from notifications.models import Notice
from tests.executions.driver import Driver
from tests.executions.runs import TEST_BLOCKS, statuses, taken
from tests.graphs_for_tests import Build, Built
from tests.silence import Silent


@pytest.fixture
def user(transactional_db: None) -> User:
    user = User.objects.create_user("ada")
    credits.services.grant(user.pk, 10_000, reason="test")
    return user


def many_paid(build: Build, number: int) -> Built:
    return build({"m": ("Multi", {"xs": list(range(number))}), "c": "Paid"}, "m.item -> c.x")


def paid(user: User) -> int:
    return 10_000 - credits.services.balance(user.pk)


def test_a_run_ends_before_the_node_that_would_cost_more_than_its_budget(
    drive: Driver, build: Build, user: User
) -> None:
    built = many_paid(build, 5)
    run = drive(built.start(max_cost=35))
    assert (run.status, run.stats["cost"], paid(user)) == (Status.FAILED, 30, 30)
    assert run.stats["error"] == (
        "The budget of this run is used up: 30 of 35 credits (max_cost) are spent, and PaidBlock costs 10."
    )
    assert sorted(statuses(built, run, "c")) == ["COMPLETED"] * 3 + ["FAILED"] * 2
    refused = [one for one in built.of(run, "c") if one.outputs.filter(pin="error").exists()]
    assert [one.outputs.get().data for one in refused] == [run.stats["error"]]
    assert not Notice.objects.filter(kind="ZERO_BALANCE").exists()
    call_command("ledger_audit")


@pytest.mark.parametrize(("most", "status"), [(50, Status.COMPLETED), (49, Status.FAILED), (0, Status.FAILED)])
def test_a_budget_is_enough_or_not(drive: Driver, build: Build, user: User, most: int, status: Status) -> None:
    assert drive(many_paid(build, 5).start(max_cost=most)).status == status
    assert paid(user) == most // 10 * 10


def test_what_is_free_runs_without_a_budget(drive: Driver, build: Build) -> None:
    assert drive(build({"e": ("Echo", {"x": 1})}).start(max_cost=0)).status == Status.COMPLETED


def test_a_run_without_a_budget_has_no_row_that_all_would_write_to(drive: Driver, build: Build) -> None:
    drive(many_paid(build, 2).start())
    assert not RunBudget.objects.exists()


def test_runs_below_spend_from_the_budget_of_the_topmost_one(drive: Driver, build: Build, user: User) -> None:
    child = build({"a": ("Paid", {"x": 1}), "b": ("Paid", {"x": 1})})
    parent = build({"c": ("Paid", {"x": 1}), "s": build.executor(child), "t": build.executor(child)})
    run = drive(parent.start(max_cost=35))
    assert (run.status, paid(user)) == (Status.FAILED, 30)
    assert "35 credits (max_cost)" in run.stats["error"]
    assert not GraphExecution.objects.filter(root=run).alive().exists()
    assert set(GraphExecution.objects.filter(root=run).values_list("max_cost", flat=True)) == {35}
    assert RunBudget.objects.get().spent == 30
    call_command("ledger_audit")


def test_a_price_that_is_given_back_can_be_spent_again(drive: Driver, build: Build, user: User) -> None:
    """The worker was lost before the block was called, the run is stopped, and a retry has its whole budget."""
    built = build({"c": ("Paid", {"x": 1})})
    run = built.start(max_cost=10)
    drive.step()
    taken(built.of(run, "c")[0])
    assert RunBudget.objects.get().spent == 10
    services.release_all()
    services.stop_run(run)
    assert (RunBudget.objects.get().spent, paid(user)) == (0, 0)
    drive.messages.clear()
    services.retry_run(run)
    assert drive(run).status == Status.COMPLETED
    assert (RunBudget.objects.get().spent, paid(user)) == (10, 10)


def test_a_node_that_is_claimed_again_is_counted_once(drive: Driver, build: Build, user: User) -> None:
    drive.copies = 2
    assert drive(many_paid(build, 4).start(max_cost=40)).status == Status.COMPLETED
    assert RunBudget.objects.get().spent == 40


def test_what_is_paid_by_use_counts_when_it_is_known(drive: Driver, build: Build, user: User) -> None:
    count = TEST_BLOCKS["Count"]
    price = prices.set_price(block_id=count, amount=1, type="byte", reason="test")
    built = build({"a": (count, {"n": 3}), "b": (count, {"n": 3})}, "a.out -> b.n")
    run = drive(built.start(max_cost=5))
    prices.end_price(price.pk, reason="the test is over")
    assert (run.status, statuses(built, run, "a")) == (Status.FAILED, ["COMPLETED"])
    assert "CountBlock is paid by what it uses" in run.stats["error"]
    assert RunBudget.objects.get().spent == run.stats["cost"] == paid(user) > 5


def test_with_credits_off_computed_costs_count(drive: Driver, build: Build, user: User, settings: Any) -> None:
    settings.CREDITS = False
    run = drive(many_paid(build, 5).start(max_cost=30))
    assert (run.status, run.stats["cost"]) == (Status.FAILED, 30)
    assert not CreditTransaction.objects.filter(type="USAGE").exists()


@pytest.mark.usefixtures("no_messages")
def test_of_a_hundred_nodes_that_start_at_the_same_moment_as_many_run_as_the_budget_pays(
    build: Build, user: User
) -> None:
    built = build({str(number): ("Paid", {"x": number}) for number in range(100)})
    run = built.start(max_cost=375)
    admission.admit(run.pk)
    ids = list(run.node_executions.values_list("pk", flat=True))
    gate = threading.Barrier(10)

    def work_through(part: list[UUID]) -> None:
        gate.wait()
        try:
            for execution_id in part:
                attempt(Ask(execution_id, 1, Holder("thread")), lambda ready: None)
        finally:
            connection.close()

    threads = [threading.Thread(target=work_through, args=(ids[start::10],)) for start in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    budget = RunBudget.objects.get()
    assert budget.spent == paid(user) <= 375
    done = NodeExecution.objects.filter(run=run, status=Status.COMPLETED).count()
    charged = CreditTransaction.objects.filter(type="USAGE").count()
    assert done <= charged == budget.spent // 10
    assert services.stop_run(run).status == Status.FAILED
    call_command("ledger_audit")


def test_a_budget_comes_with_the_request_and_is_shown(api: APIClient, build: Build, no_messages: Silent) -> None:
    version = build({"c": ("Paid", {"x": 1})}).version
    address = f"/v1/graphs/{version.graph_id}/execute/{version.version}"
    assert api.post(address, {"inputs": {}, "max_cost": 20}).json()["max_cost"] == 20
    assert api.post(address, {"inputs": {}}).json()["max_cost"] is None
    for wrong in (-1, "much", 1.5, 10**16):
        assert api.post(address, {"inputs": {}, "max_cost": wrong}).status_code == 422


@pytest.mark.parametrize("wrong", [-1, 10**16])
def test_an_impossible_budget_is_refused_and_nothing_is_stored(build: Build, wrong: int) -> None:
    with pytest.raises(BudgetRefused, match="max_cost cannot be"):
        many_paid(build, 1).start(max_cost=wrong)
    assert not GraphExecution.objects.exists()


def test_the_page_of_a_run_shows_its_budget(admin_client: Client, drive: Driver, build: Build) -> None:
    run = drive(many_paid(build, 2).start(max_cost=30))
    page = admin_client.get(f"/admin/executions/graphexecution/{run.pk}/change/").content.decode()
    assert "20 of 30 credits spent" in page

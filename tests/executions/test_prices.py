"""Which price an execution pays (spec 4.3, D2)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

import credits.services
from accounts.models import User
from credits import prices
from credits.models import Balance, CreditTransaction, Price
from executions import services, sweeping
from executions.states import Status
from tests.executions.driver import Driver
from tests.executions.runs import TEST_BLOCKS, afford, taken
from tests.graphs_for_tests import IDS, Build

COUNT, FLAKY = TEST_BLOCKS["Count"], TEST_BLOCKS["Flaky"]


@pytest.fixture
def user(transactional_db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture(autouse=True)
def own_prices() -> Iterator[None]:
    prices.forget()
    yield
    prices.forget()


def by_the(kind: str, amount: int, block: str = COUNT) -> None:
    prices.set_price(block_id=block, amount=amount, type=kind, reason="test")


def test_a_price_of_an_administrator_holds_at_once_for_what_is_claimed(drive: Driver, build: Build, user: User) -> None:
    afford(user, 1000)
    built = build({"c": ("Paid", {"x": 1})})
    assert drive(built.start()).stats["cost"] == 10
    price = prices.set_price(block_id=IDS["Paid"], amount=4, reason="offer")
    assert drive(built.start()).stats["cost"] == 4
    prices.set_price(block_id=IDS["Paid"], amount=6, filter={"x": 1}, reason="for ones")
    assert drive(built.start()).stats["cost"] == 6
    assert [row.metadata.get("price_id") for row in CreditTransaction.objects.filter(amount=-4)] == [str(price.pk)]
    assert credits.services.balance(user.pk) == 980


def test_an_execution_that_has_paid_pays_no_other_price_when_it_is_claimed_again(
    drive: Driver, build: Build, user: User
) -> None:
    """The worker was lost after the claim, and the price is another one when the next worker comes."""
    afford(user, 1000)
    built = build({"c": ("Paid", {"x": 1})})
    run = built.start()
    drive.step()
    taken(built.of(run, "c")[0])
    prices.set_price(block_id=IDS["Paid"], amount=50, reason="dearer")
    services.release_all()
    drive.messages.clear()
    sweeping.sweep()
    assert drive(run).stats["cost"] == 10
    assert credits.services.balance(user.pk) == 990
    call_command("ledger_audit")


def test_what_is_measured_is_paid_when_the_node_ends(drive: Driver, build: Build, user: User) -> None:
    by_the("byte", 2)
    afford(user, 1000)
    built = build({"c": (COUNT, {"n": 3})})
    run = drive(built.start())
    [node] = built.of(run, "c")
    size = node.stats["input_size"] + node.stats["output_size"]
    assert (node.measured, node.cost, run.stats["cost"]) == (2 * size, 2 * size, 2 * size)
    assert credits.services.balance(user.pk) == 1000 - 2 * size
    row = CreditTransaction.objects.get(type="USAGE")
    assert (row.kind, row.metadata["block"], f"{size} bytes" in row.metadata["reason"]) == ("byte", "CountBlock", True)
    call_command("ledger_audit")


def test_seconds_in_the_block_are_paid(drive: Driver, build: Build, user: User) -> None:
    by_the("second", 100)
    afford(user, 1000)
    built = build({"c": (COUNT, {"n": 2, "pause": 0.05})})
    run = drive(built.start())
    [node] = built.of(run, "c")
    assert node.measured == int(node.walltime * 100) >= 10
    assert credits.services.balance(user.pk) == 1000 - node.measured


def test_measured_use_that_the_balance_does_not_cover_is_owed(drive: Driver, build: Build, user: User) -> None:
    by_the("byte", 1000)
    afford(user, 100)
    run = drive(build({"c": (COUNT, {"n": 3})}).start())
    assert run.status == Status.COMPLETED
    held = Balance.objects.get(user=user)
    assert (held.balance, held.owed) == (0, run.stats["cost"] - 100)
    afford(user, 200_000)
    assert Balance.objects.get(user=user).owed == 0
    call_command("ledger_audit")


def test_attempts_of_an_execution_are_measured_together_and_paid_once(drive: Driver, build: Build, user: User) -> None:
    by_the("byte", 1, FLAKY)
    afford(user, 10_000)
    nodes = {"f": (FLAKY, {"x": 1, "failures": 1})}
    built = build(nodes, f={"retry": {"attempts": 2, "delay_seconds": 0.05}})
    run = drive(built.start())
    [node] = built.of(run, "f")
    assert (node.status, node.attempt) == (Status.COMPLETED, 2)
    assert credits.services.balance(user.pk) == 10_000 - (node.measured or 0)
    assert CreditTransaction.objects.filter(type="USAGE").count() == 1


def test_switched_off_measured_costs_are_shown_and_not_booked(
    drive: Driver, build: Build, user: User, settings: Any
) -> None:
    settings.CREDITS = False
    by_the("byte", 1)
    assert drive(build({"c": (COUNT, {"n": 3})}).start()).stats["cost"] > 0
    assert not CreditTransaction.objects.exists()


def test_an_administrator_sets_a_price_in_the_admin_and_ends_it(admin_client: Client) -> None:
    page = "/admin/credits/price/"
    form = {"block_id": IDS["Paid"], "amount": 4, "type": "run", "filter": json.dumps({"x": 1}), "reason": "offer"}
    assert admin_client.post(f"{page}add/", form).status_code == 302
    price = Price.objects.get()
    assert (price.amount, price.filter, price.reason, price.set_by is not None) == (4, {"x": 1}, "offer", True)
    shown = admin_client.get(f"{page}{price.pk}/change/").content.decode()
    assert "PaidBlock" in shown
    assert "10 a run" in shown  # what holds otherwise
    assert admin_client.post(f"{page}{price.pk}/end/", {"reason": "over"}).status_code == 302
    price.refresh_from_db()
    assert (price.until is not None, price.ended_reason) == (True, "over")
    assert admin_client.get(page).status_code == 200


def test_a_price_for_input_that_the_block_does_not_have_is_refused(admin_client: Client) -> None:
    form = {"block_id": IDS["Paid"], "amount": 4, "type": "run", "filter": '{"modle": 1}', "reason": "offer"}
    answer = admin_client.post("/admin/credits/price/add/", form)
    assert "has no input modle" in answer.content.decode()
    assert not Price.objects.exists()

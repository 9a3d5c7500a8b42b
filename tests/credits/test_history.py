from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from accounts.models import User
from credits import history, payments, services
from credits.models import CreditTransaction
from tests.credits.conftest import Charging

Start = datetime(2026, 1, 1, tzinfo=UTC)


def entry_of(user: User, run: UUID) -> history.Entry:
    return next(entry for entry in history.page(user.pk, limit=100).transactions if entry.usage_execution_id == run)


def test_the_charges_of_one_run_are_one_entry(rich: User, charge: Charging) -> None:
    run, graph = uuid4(), uuid4()
    for _ in range(3):
        charge(rich, 10, run=run, graph_id=str(graph))
    charge(rich, 10, run=uuid4())
    found = entry_of(rich, run)
    rows = CreditTransaction.objects.filter(graph_exec_id=run).order_by("created_at")
    assert (found.amount, found.usage_node_count, found.running_balance) == (-30, 3, 970)
    assert (found.transaction_type, found.usage_graph_id) == ("USAGE", graph)
    assert (found.usage_start_time, found.transaction_time) == (rows[0].created_at, rows[2].created_at)
    assert found.description == f"Graph #{str(graph)[:8]} Execution"


def test_a_surcharge_belongs_to_its_run_and_is_no_node(rich: User, charge: Charging) -> None:
    run = uuid4()
    charge(rich, 10, run=run)
    services.settle_tiers(rich.pk, run, 100)
    assert (entry_of(rich, run).amount, entry_of(rich, run).usage_node_count) == (-11, 1)


def test_what_was_given_back_is_not_shown_as_used(rich: User, charge: Charging) -> None:
    run, node = uuid4(), uuid4()
    charge(rich, 10, run=run)
    charge(rich, 10, run=run, node=node)
    with transaction.atomic():
        services.give_back(node_execution_id=node, reason="never entered")
    assert (entry_of(rich, run).amount, entry_of(rich, run).usage_node_count) == (-10, 1)


def test_the_entries_add_up_to_the_balance(rich: User, charge: Charging) -> None:
    for run in (uuid4(), uuid4()):
        charge(rich, 30, run=run)
    payments.top_up(rich.pk, 500, key="payment")
    payments.take_back(rich.pk, "payment", 200, key="refund", reason="partly")
    entries = history.page(rich.pk, limit=100).transactions
    assert sum(entry.amount for entry in entries) == services.balance(rich.pk) == entries[0].running_balance == 1240


def test_a_pending_payment_is_no_history(user: User) -> None:
    payments.top_up(user.pk, 500, key="session", pending=True)
    assert history.page(user.pk, limit=10) == history.Page([], None)


def test_pages_show_everything_once_in_the_order_of_time(rich: User, charge: Charging) -> None:
    runs = [uuid4() for _ in range(7)]
    for run in runs * 3:
        charge(rich, 1, run=run)
    seen: list[history.Entry] = []
    before: datetime | None = None
    while (page := history.page(rich.pk, limit=3, before=before)).transactions:
        seen += page.transactions
        if (before := page.next_transaction_time) is None:
            break
    assert [entry.usage_execution_id for entry in seen] == [*reversed(runs), None]
    assert [entry.amount for entry in seen] == [-3] * 7 + [1000]


def test_a_page_that_is_not_full_is_the_last(rich: User) -> None:
    assert history.page(rich.pk, limit=1).next_transaction_time is not None
    assert history.page(rich.pk, limit=2).next_transaction_time is None


def test_movements_of_one_moment_are_not_lost_between_pages(rich: User) -> None:
    for number in range(5):
        services.grant(rich.pk, 1, reason=f"gift {number}")
    CreditTransaction.objects.filter(amount=1).update(created_at=Start + timedelta(days=1))
    CreditTransaction.objects.filter(amount=1000).update(created_at=Start)
    first = history.page(rich.pk, limit=2)
    assert len(first.transactions) == 5
    assert [e.amount for e in history.page(rich.pk, limit=2, before=first.next_transaction_time).transactions] == [1000]


@pytest.mark.parametrize(
    ("wanted", "amounts"), [("GRANT", [1000]), ("USAGE", [-7]), ("TOP_UP", [500]), ("REFUND", [-100]), (None, 4)]
)
def test_a_history_of_one_type(rich: User, charge: Charging, wanted: str | None, amounts: list[int] | int) -> None:
    node = uuid4()
    with transaction.atomic():
        charge(rich, 7, run=uuid4())
        charge(rich, 5, node=node)
        services.give_back(node_execution_id=node, reason="never entered")
    CreditTransaction.objects.filter(node_execution_id=node).update(graph_exec_id=uuid4(), is_active=True)
    payments.top_up(rich.pk, 500, key="payment")
    payments.take_back(rich.pk, "payment", 100, key="refund", reason="partly")
    found = [entry.amount for entry in history.page(rich.pk, limit=10, type=wanted).transactions if entry.amount]
    assert found == amounts or len(found) == amounts


def test_nobody_sees_what_belongs_to_somebody_else(rich: User, charge: Charging) -> None:
    other = User.objects.create_user("ann")
    services.grant(other.pk, 50, reason="start")
    run = uuid4()
    charge(rich, 10, run=run)
    charge(other, 5, run=run)  # cannot happen, and would not leak if it did
    assert entry_of(rich, run).amount == -10
    assert entry_of(other, run).amount == -5

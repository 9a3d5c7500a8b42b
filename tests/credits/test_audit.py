from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts.models import User
from credits import audit, services
from credits.models import Balance, CreditTransaction
from tests.credits.conftest import Charging


@pytest.fixture
def node(rich: User, charge: Charging) -> UUID:
    """A node execution that was charged, given back and charged again."""
    node = uuid4()
    with transaction.atomic():
        charge(rich, 10, node=node)
        services.give_back(node_execution_id=node, reason="never entered")
        charge(rich, 10, node=node)
    return node


def test_a_ledger_that_was_only_used_through_the_services_agrees(
    node: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("ledger_audit")
    assert capsys.readouterr().out == "1 balances and 4 transactions agree\n"


def test_a_balance_that_is_not_the_sum_of_its_transactions_is_found(
    rich: User, capsys: pytest.CaptureFixture[str]
) -> None:
    Balance.objects.update(balance=999)
    with pytest.raises(SystemExit) as ended:
        call_command("ledger_audit")
    assert ended.value.code == 1
    assert capsys.readouterr().out == f"user {rich.pk}: the balance is 999, the sum of the transactions 1000\n"


def test_a_missing_balance_is_found(rich: User) -> None:
    Balance.objects.all().delete()
    assert list(audit.differences()) == [f"user {rich.pk}: there is no balance, the sum of the transactions is 1000"]


def test_a_charge_without_its_refund_s_worth_is_found(node: UUID) -> None:
    CreditTransaction.objects.filter(node_execution_id=node, type="REFUND").update(amount=9)
    Balance.objects.update(balance=989)
    assert list(audit.differences()) == [f"node execution {node}, run, cycle 1: charged 10, returned 9"]


def test_two_charges_that_both_stand_are_found(node: UUID) -> None:
    CreditTransaction.objects.filter(node_execution_id=node, type="REFUND").delete()
    Balance.objects.update(balance=980)
    assert list(audit.differences()) == [f"node execution {node}, run: 2 charges and 0 refunds leave 20"]


def test_a_refund_of_nothing_is_found(node: UUID) -> None:
    CreditTransaction.objects.filter(node_execution_id=node, cycle=2).update(cycle=3, type="REFUND", amount=0)
    Balance.objects.update(balance=1000)
    found = list(audit.differences())
    assert found == [f"node execution {node}, run: 1 charges and 2 refunds leave 0"]

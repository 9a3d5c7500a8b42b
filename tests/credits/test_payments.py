from uuid import uuid4

import pytest
from django.db import IntegrityError

from accounts.models import User
from credits import payments, services
from credits.errors import AmountRefused, EnoughBalance, InsufficientBalance, KeyTaken, UnknownPayment
from credits.models import Balance, CreditTransaction
from tests.credits.conftest import Charging


def test_a_payment_is_booked_once_under_its_key(user: User) -> None:
    for _ in range(2):
        assert payments.top_up(user.pk, 500, key="payment-1").balance == 500
    with pytest.raises(KeyTaken):
        payments.top_up(user.pk, 600, key="payment-1")


def test_a_pending_payment_moves_nothing_until_it_is_confirmed_and_then_once(user: User) -> None:
    payments.top_up(user.pk, 500, key="session", pending=True)
    assert services.balance(user.pk) == 0
    assert [payments.confirm(user.pk, "session", intent="pi_1") for _ in range(3)] == [True, False, False]
    row = CreditTransaction.objects.get()
    assert (services.balance(user.pk), row.running_balance, row.metadata) == (500, 500, {"intent": "pi_1"})


def test_an_unknown_or_foreign_payment_confirms_nothing(user: User) -> None:
    payments.top_up(user.pk, 500, key="session", pending=True)
    other = User.objects.create_user("ann")
    assert not payments.confirm(user.pk, "another")
    assert not payments.confirm(other.pk, "session")
    assert services.balance(user.pk) == services.balance(other.pk) == 0


def test_only_a_confirmed_payment_lets_shortfalls_be_told_again(user: User) -> None:
    graph = uuid4()
    services.note_shortfall(user.pk, graph)
    payments.top_up(user.pk, 500, key="session", pending=True)
    assert not services.note_shortfall(user.pk, graph)
    payments.confirm(user.pk, "session")
    assert services.note_shortfall(user.pk, graph)


def test_a_ceiling_refuses_a_full_balance_and_fills_up_any_other(rich: User, user: User) -> None:
    with pytest.raises(EnoughBalance):
        payments.top_up(rich.pk, 200, key="full", ceiling=800)
    assert payments.top_up(rich.pk, 800, key="partly", ceiling=1500).balance == 1500
    row = CreditTransaction.objects.get(key="partly")
    assert (row.amount, row.metadata) == (500, {"requested": 800})
    assert not payments.top_up(rich.pk, 800, key="partly", ceiling=1500).booked


def test_a_refunded_payment_may_overdraw_and_nothing_else_may(user: User, charge: Charging) -> None:
    payments.top_up(user.pk, 500, key="payment")
    charge(user, 400)
    assert payments.take_back(user.pk, "payment", 500, key="refund", reason="disputed").balance == -400
    with pytest.raises(InsufficientBalance):
        charge(user, 1)
    with pytest.raises(AmountRefused):
        services.grant(user.pk, -1, reason="lower still")
    with pytest.raises(IntegrityError, match="balance_below_zero_by_refund_only"):
        Balance.objects.filter(user=user).update(balance=-401)


def test_an_overdrawn_balance_comes_back(user: User, charge: Charging) -> None:
    payments.top_up(user.pk, 500, key="payment")
    charge(user, 400)
    payments.take_back(user.pk, "payment", 500, key="refund", reason="disputed")
    assert services.grant(user.pk, 300, reason="towards zero").balance == -100
    assert services.grant(user.pk, 300, reason="above zero").balance == 200
    assert charge(user, 200).balance == 0


def test_no_more_is_taken_back_than_was_paid(user: User) -> None:
    payments.top_up(user.pk, 500, key="payment")
    for _ in range(2):
        payments.take_back(user.pk, "payment", 300, key="refund-1", reason="partly")
    assert services.balance(user.pk) == 200
    for amount in (201, 0, -5):
        with pytest.raises(AmountRefused):
            payments.take_back(user.pk, "payment", amount, key="refund-2", reason="too much")


def test_only_a_payment_that_arrived_is_taken_back(user: User) -> None:
    payments.top_up(user.pk, 500, key="session", pending=True)
    services.grant(user.pk, 500, reason="gift", key="gift")
    for key in ("session", "gift", "unknown"):
        with pytest.raises(UnknownPayment):
            payments.take_back(user.pk, key, 100, key="refund", reason="no payment")

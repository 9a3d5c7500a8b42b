"""Credits that come back every month."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from credits import audit, refill, services
from credits.models import CreditTransaction
from tests.credits.conftest import Charging


@pytest.fixture(autouse=True)
def monthly(settings: Settings) -> None:
    settings.MONTHLY_REFILL = 1000


@pytest.mark.parametrize(("before", "after", "amount"), [(0, 1000, 1000), (400, 1000, 600), (1100, 1100, 0)])
def test_a_balance_is_filled_up_once_a_month(user: User, before: int, after: int, amount: int) -> None:
    if before:
        services.grant(user.pk, before, reason="start")
    assert [refill.balance(user.pk) for _ in range(2)] == [after, after]
    row = CreditTransaction.objects.get(key__startswith="MONTHLY")
    assert (row.amount, row.type, row.key) == (amount, "GRANT", f"MONTHLY-CREDIT-TOP-UP-{timezone.now():%Y-%m}")
    assert list(audit.differences()) == []


def test_spending_neither_repeats_nor_puts_off_a_refill(
    user: User, charge: Charging, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month, left in ((11, 900), (12, 900)):
        now = datetime(2026, month, 20, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        assert refill.balance(user.pk) == 1000
        charge(user, 100)
        assert refill.balance(user.pk) == left
    assert CreditTransaction.objects.filter(type="GRANT").count() == 2


def test_who_asks_for_the_balance_gets_it(user: User) -> None:
    client = APIClient()
    client.force_authenticate(user)
    assert client.get("/v1/credits").json() == {"credits": 1000}


@pytest.mark.parametrize("name", ["MONTHLY_REFILL", "CREDITS"])
def test_switched_off_nothing_is_given(user: User, settings: Settings, name: str) -> None:
    setattr(settings, name, 0)
    assert refill.balance(user.pk) == 0
    assert not CreditTransaction.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_looks_at_the_same_moment_one_fills_up(user: User) -> None:
    gate = Barrier(6)

    def look() -> int:
        gate.wait()
        try:
            return refill.balance(user.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(look) for _ in range(6)]
        assert {future.result() for future in futures} == {1000}
    assert CreditTransaction.objects.count() == 1

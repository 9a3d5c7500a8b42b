"""Prices that administrators set."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import User
from credits import prices
from credits.errors import AmountRefused, PriceMoved
from credits.models import Price

BLOCK = "444eeddb-a95a-415a-83e6-6f303afcd74a"


@pytest.fixture(autouse=True)
def own_prices() -> Iterator[None]:
    """What a test has set does not hold for the next one."""
    prices.forget()
    yield
    prices.forget()


def held() -> list[int]:
    prices.forget()
    return [one.amount for one in prices.overrides().get(BLOCK, ())]


def test_a_price_holds_until_another_one_is_set_and_both_can_be_read(user: User) -> None:
    prices.set_price(block_id=BLOCK, amount=5, reason="cheaper", by=user.pk)
    prices.set_price(block_id=BLOCK, amount=7, reason="dearer", by=user.pk)
    assert held() == [7]
    old, new = Price.objects.order_by("since")
    assert (old.until, old.ended_reason, old.ended_by_id) == (new.since, "replaced: dearer", user.pk)
    assert (new.amount, new.reason, new.set_by_id, new.until) == (7, "dearer", user.pk, None)


def test_prices_for_other_input_hold_side_by_side(user: User) -> None:
    for wanted in ({}, {"x": 1}, {"x": 2}, {"raw": False}, {"raw": None}):
        prices.set_price(block_id=BLOCK, amount=len(wanted), filter=wanted, reason="test")
    assert len(held()) == 4  # false and null are one and the same


def test_a_price_that_ended_holds_no_longer(user: User) -> None:
    price = prices.set_price(block_id=BLOCK, amount=5, reason="cheaper")
    assert [prices.end_price(price.pk, reason="enough") for _ in range(2)] == [True, False]
    assert held() == []


def test_a_process_reads_prices_again_after_a_few_seconds(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    prices.overrides()
    Price.objects.create(block_id=BLOCK, amount=5, key="k", reason="set by another process")
    assert prices.overrides() == {}
    monkeypatch.setattr(prices, "STALE_SECONDS", 0.0)
    assert [one.amount for one in prices.overrides()[BLOCK]] == [5]


@pytest.mark.parametrize("amount", [-1, prices.DEAREST + 1])
def test_an_impossible_price_is_refused(user: User, amount: int) -> None:
    with pytest.raises(AmountRefused, match="must be from 0"):
        prices.set_price(block_id=BLOCK, amount=amount, reason="typing error")
    assert not Price.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_prices_set_at_the_same_moment_one_holds() -> None:
    gate = Barrier(6)

    def set_one(amount: int) -> bool:
        gate.wait()
        try:
            prices.set_price(block_id=BLOCK, amount=amount, reason="race")
        except PriceMoved:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert any(pool.map(set_one, range(6)))
    assert len(held()) == 1

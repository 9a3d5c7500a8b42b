from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from credits import services
from credits.models import Balance, CreditTransaction


def test_every_hundredth_execution_of_a_user_costs_one_credit(rich: User) -> None:
    assert services.settle_tiers(rich.pk, uuid4(), 98) == 0
    run = uuid4()
    assert services.settle_tiers(rich.pk, run, 3) == 1
    row = CreditTransaction.objects.get(type="USAGE")
    assert (row.amount, row.graph_exec_id, row.node_execution_id) == (-1, run, None)
    assert row.metadata == {"graph_exec_id": str(run), "execution_count": 100, "charge": "Execution Cost"}
    assert Balance.objects.get(user=rich).executions == 101


def test_a_run_is_counted_once_however_often_it_is_settled(rich: User) -> None:
    run = uuid4()
    assert [services.settle_tiers(rich.pk, run, total) for total in (1000, 1000, 900, 1500, 1500)] == [
        10, 0, 0, 5, 0,
    ]  # fmt: skip
    assert (services.balance(rich.pk), services.usage_of_run(run)) == (985, 15)


def test_settling_in_parts_costs_as_much_as_settling_at_once(rich: User) -> None:
    run = uuid4()
    for total in range(0, 1000, 37):
        services.settle_tiers(rich.pk, run, total)
    services.settle_tiers(rich.pk, run, 1000)
    assert services.balance(rich.pk) == 990


def test_what_the_balance_does_not_cover_is_owed_and_paid_by_what_comes_next(user: User) -> None:
    services.grant(user.pk, 2, reason="little")
    assert services.settle_tiers(user.pk, uuid4(), 500) == 2
    assert (services.balance(user.pk), Balance.objects.get(user=user).owed) == (0, 3)
    assert services.grant(user.pk, 1, reason="less than owed").balance == 0
    assert services.grant(user.pk, 100, reason="more").balance == 98
    assert Balance.objects.get(user=user).owed == 0


def test_a_surcharge_can_be_what_makes_the_balance_low(user: User) -> None:
    services.grant(user.pk, 500, reason="start")
    taken = services.settle_tiers(user.pk, uuid4(), 100)
    assert services.crossed_low(services.balance(user.pk), taken)


@pytest.mark.parametrize(("size", "cost", "expected"), [(10, 3, 30), (1000, 1, 0), (1, 0, 0)])
def test_size_and_price_of_a_tier_are_settings(
    rich: User, settings: Settings, size: int, cost: int, expected: int
) -> None:
    settings.TIER_SIZE, settings.TIER_COST = size, cost
    assert services.settle_tiers(rich.pk, uuid4(), 100) == expected

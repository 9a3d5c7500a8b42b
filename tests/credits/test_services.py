import re
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from credits import services
from credits.errors import AmountRefused, InsufficientBalance, KeyTaken, UnknownUser
from credits.models import Balance, CreditTransaction, ShortfallNotice
from tests.credits.conftest import Charging


def test_a_new_user_has_a_balance_of_nothing(user: User) -> None:
    assert Balance.objects.get(user=user).balance == services.balance(user.pk) == 0


def test_a_charge_takes_its_price_and_leaves_a_row_that_says_what_for(rich: User, charge: Charging) -> None:
    run, node, graph = uuid4(), uuid4(), uuid4()
    charged = charge(rich, 10, node=node, run=run, graph_id=str(graph), block="PaidBlock")
    assert (charged.charged, charged.balance, services.balance(rich.pk)) == (10, 990, 990)
    row = CreditTransaction.objects.get(type="USAGE")
    assert (row.amount, row.running_balance, row.node_execution_id, row.cycle) == (-10, 990, node, 1)
    assert (row.graph_exec_id, row.graph_id, row.metadata["block"]) == (run, graph, "PaidBlock")


def test_a_charge_is_two_statements(
    rich: User, charge: Charging, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with transaction.atomic(), django_assert_num_queries(2):
        services.charge(user_id=rich.pk, node_execution_id=uuid4(), kind="run", amount=1, metadata={})


def test_what_costs_nothing_asks_the_database_nothing(
    rich: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        free = services.charge(user_id=rich.pk, node_execution_id=uuid4(), kind="run", amount=0, metadata={})
    assert free.charged == 0


def test_switched_off_nothing_is_asked_and_nothing_booked(
    rich: User, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.CREDITS = False
    with django_assert_num_queries(0):
        off = services.charge(user_id=rich.pk, node_execution_id=uuid4(), kind="run", amount=10, metadata={})
        assert off == services.NOTHING
        assert services.settle_tiers(rich.pk, uuid4(), 1000) == 0
        assert services.give_back(node_execution_id=uuid4(), reason="off") == 0
    assert services.balance(rich.pk) == 1000


def test_a_node_execution_is_charged_once_however_often_it_is_delivered(rich: User, charge: Charging) -> None:
    node = uuid4()
    assert [charge(rich, 10, node=node).charged for _ in range(3)] == [10, 0, 0]
    assert services.balance(rich.pk) == 990


def test_a_charge_that_stands_is_no_shortfall(user: User, charge: Charging) -> None:
    services.grant(user.pk, 10, reason="just enough")
    node = uuid4()
    charge(user, 10, node=node)
    assert charge(user, 10, node=node) == services.NOTHING


def test_kinds_of_charges_are_charged_apart(rich: User) -> None:
    node = uuid4()
    with transaction.atomic():
        for kind in ("run", "second", "run"):
            services.charge(user_id=rich.pk, node_execution_id=node, kind=kind, amount=5, metadata={})
    assert services.balance(rich.pk) == 990


def test_a_price_above_the_balance_is_refused_in_dollars_and_books_nothing(user: User, charge: Charging) -> None:
    services.grant(user.pk, 72, reason="start")
    expected = "Insufficient balance: the balance is $0.72, the price $7.14."
    with pytest.raises(InsufficientBalance, match=re.escape(expected)) as refused:
        charge(user, 714)
    assert (refused.value.shortfall, services.balance(user.pk)) == (642, 72)
    assert not CreditTransaction.objects.filter(type="USAGE").exists()


def test_the_transaction_goes_on_after_a_refused_charge(user: User) -> None:
    with transaction.atomic():
        with pytest.raises(InsufficientBalance):
            services.charge(user_id=user.pk, node_execution_id=uuid4(), kind="run", amount=1, metadata={})
        services.note_shortfall(user.pk, uuid4())
    assert ShortfallNotice.objects.count() == 1


def test_a_price_beyond_every_number_is_refused_like_any_other(rich: User, charge: Charging) -> None:
    with pytest.raises(InsufficientBalance):
        charge(rich, 2**70)


def test_a_negative_price_is_a_bug(rich: User, charge: Charging) -> None:
    with pytest.raises(ValueError, match="negative"):
        charge(rich, -1)


@pytest.mark.django_db(transaction=True)
def test_a_charge_outside_of_a_transaction_is_a_bug(rich: User) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        services.charge(user_id=rich.pk, node_execution_id=uuid4(), kind="run", amount=1, metadata={})


def test_a_user_without_a_balance_row_is_a_user_without_credits(user: User, charge: Charging) -> None:
    Balance.objects.all().delete()
    with pytest.raises(InsufficientBalance):
        charge(user, 1)
    assert services.grant(user.pk, 5, reason="first").balance == 5


def test_what_is_given_back_ends_the_cycle_and_the_next_claim_pays_again(rich: User, charge: Charging) -> None:
    node, run = uuid4(), uuid4()
    for cycle in (1, 2):
        assert charge(rich, 10, node=node, run=run).balance == 990
        assert services.usage_of_run(run) == 10
        assert services.give_back(node_execution_id=node, reason="the block was never entered") == 10
        assert CreditTransaction.objects.filter(node_execution_id=node, cycle=cycle).count() == 2
    assert services.give_back(node_execution_id=node, reason="again") == 0
    assert (services.balance(rich.pk), services.usage_of_run(run)) == (1000, 0)


def test_there_is_nothing_to_give_back_of_what_was_never_charged(rich: User) -> None:
    assert services.give_back(node_execution_id=uuid4(), reason="nothing was taken") == 0


@pytest.mark.parametrize(
    ("before", "price", "told"),
    [(510, 10, False), (500, 10, True), (505, 10, True), (600, 200, True), (700, 100, False), (400, 100, False)],
)
def test_the_low_balance_is_crossed_once(user: User, charge: Charging, before: int, price: int, *, told: bool) -> None:
    services.grant(user.pk, before, reason="start")
    assert charge(user, price).crossed_low is told


def test_a_grant_keeps_its_reason_and_its_admin(user: User) -> None:
    services.grant(user.pk, 500, reason="welcome", admin_id=user.pk)
    row = CreditTransaction.objects.get()
    assert (row.type, row.amount, row.running_balance) == ("GRANT", 500, 500)
    assert row.metadata == {"reason": "welcome", "admin_id": str(user.pk)}


def test_a_negative_grant_takes_credits_but_never_more_than_there_are(rich: User) -> None:
    assert services.grant(rich.pk, -1000, reason="back to start").balance == 0
    with pytest.raises(AmountRefused):
        services.grant(rich.pk, -1, reason="too much")
    assert services.balance(rich.pk) == 0


@pytest.mark.parametrize("amount", [0, services.HIGHEST + 1, -services.HIGHEST - 1, 2**63, -(2**63), 2**200])
def test_amounts_that_no_balance_can_hold_are_refused(rich: User, amount: int) -> None:
    with pytest.raises(AmountRefused):
        services.grant(rich.pk, amount, reason="huge")


def test_grants_do_not_add_up_to_more_than_a_balance_can_hold(rich: User) -> None:
    with pytest.raises(AmountRefused, match="cannot exceed"):
        services.grant(rich.pk, services.HIGHEST, reason="on top")
    assert services.balance(rich.pk) == 1000


def test_a_grant_with_a_key_is_booked_once(user: User) -> None:
    first = services.grant(user.pk, 500, reason="reward", key="REWARD-1")
    again = services.grant(user.pk, 500, reason="reward", key="REWARD-1")
    assert (first.booked, again.booked, again.balance) == (True, False, 500)
    with pytest.raises(KeyTaken):
        services.grant(user.pk, 400, reason="reward", key="REWARD-1")


def test_two_users_may_use_the_same_key(user: User) -> None:
    other = User.objects.create_user("ann")
    assert services.grant(user.pk, 5, reason="reward", key="REWARD").booked
    assert services.grant(other.pk, 7, reason="reward", key="REWARD").balance == 7


def test_nobody_unknown_is_granted_anything(db: None) -> None:
    with pytest.raises(UnknownUser):
        services.grant(uuid4(), 5, reason="to whom?")


def test_a_shortfall_is_told_once_per_graph_until_credits_arrive(rich: User, charge: Charging) -> None:
    first, other = uuid4(), uuid4()
    assert [services.note_shortfall(rich.pk, graph) for graph in (first, first, other)] == [True, False, True]
    charge(rich, 1)
    services.grant(rich.pk, -1, reason="taking is no arrival")
    assert not services.note_shortfall(rich.pk, first)
    services.grant(rich.pk, 1, reason="credits")
    assert services.note_shortfall(rich.pk, first)


def test_the_database_itself_refuses_a_balance_below_zero(rich: User) -> None:
    with pytest.raises(IntegrityError, match="balance_below_zero_by_refund_only"):
        Balance.objects.filter(user=rich).update(balance=-1)


def test_the_database_itself_refuses_a_second_charge_of_a_cycle(rich: User, charge: Charging) -> None:
    charge(rich, 10)
    row = CreditTransaction.objects.get(type="USAGE")
    row.pk, row.key = uuid4(), "another"
    with pytest.raises(IntegrityError):
        row.save(force_insert=True)


def test_a_charge_never_fails_for_what_it_says_about_itself(rich: User, charge: Charging) -> None:
    said = {"input": {"model": "a\x00b\ud800", "size": float("inf"), "keys": [1, None, {"ü": "ü"}]}}
    charge(rich, 10, **said)
    assert CreditTransaction.objects.get(type="USAGE").metadata == said

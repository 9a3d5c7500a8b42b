"""Several processes and threads at one balance, on the real database of the profile."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from accounts.models import User
from credits import audit, payments, services
from credits.errors import InsufficientBalance
from credits.models import Balance, CreditTransaction

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = 8


def race(user: User, nodes: list[list[UUID]], *, price: int, **plan: int) -> Counter[str]:
    """What all processes did together; they start at the same moment, each with its own node executions."""
    database = str(connection.settings_dict["NAME"])
    common = {"user": str(user.pk), "price": price, "give_back_every": 0, "grant_every": 0} | plan
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.credits.racer", database, json.dumps(common | {"nodes": texts})],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for texts in ([str(node) for node in part] for part in nodes)
        ]
        assert [process.stdout and process.stdout.readline() for process in processes] == ["ready\n"] * len(processes)
        together: Counter[str] = Counter()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            together.update(json.loads(process.communicate(timeout=280)[0]))
    return together


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The results of calls that were made by as many threads at the same moment."""
    gate = Barrier(len(calls))

    def make(call: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return call()
        except InsufficientBalance as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(make, call) for call in calls]]


def spend(user: User, amount: int, node: UUID | None = None) -> int:
    with transaction.atomic():
        charge = services.charge(
            user_id=user.pk, node_execution_id=node or uuid4(), kind="run", amount=amount, metadata={}
        )
    return charge.charged


def taken(results: list[Any]) -> int:
    return sum(result for result in results if isinstance(result, int))


def test_ten_thousand_charges_of_eight_processes_spend_exactly_what_is_there(user: User) -> None:
    services.grant(user.pk, 90_000, reason="start")
    nodes = [[uuid4() for _ in range(1250)] for _ in range(PROCESSES)]
    assert race(user, nodes, price=10) == {"charged": 90_000, "refused": 1000, "returned": 0, "granted": 0}
    assert services.balance(user.pk) == 0
    balances = CreditTransaction.objects.filter(type="USAGE").order_by("-running_balance")
    assert list(balances.values_list("running_balance", flat=True)) == list(range(89_990, -10, -10))
    assert list(audit.differences()) == []


def test_eight_processes_that_get_the_same_nodes_charge_each_once(user: User) -> None:
    services.grant(user.pk, 10_000, reason="start")
    nodes = [uuid4() for _ in range(100)]
    assert race(user, [nodes] * PROCESSES, price=10)["charged"] == 1000
    assert services.balance(user.pk) == 9000
    assert list(audit.differences()) == []


def test_charges_refunds_and_grants_of_many_processes_add_up(user: User) -> None:
    services.grant(user.pk, 500, reason="start")
    shared = [uuid4() for _ in range(60)]
    nodes = [[*shared, *(uuid4() for _ in range(20))] for _ in range(PROCESSES)]
    done = race(user, nodes, price=10, give_back_every=3, grant_every=4)
    assert services.balance(user.pk) == 500 + done["granted"] + done["returned"] - done["charged"]
    assert list(audit.differences()) == []


@pytest.mark.parametrize(("balance", "succeed"), [(1000, 10), (500, 5)])
def test_ten_charges_of_a_hundred(user: User, balance: int, succeed: int) -> None:
    services.grant(user.pk, balance, reason="start")
    results = at_once(*[lambda: spend(user, 100)] * 10)
    assert (taken(results), services.balance(user.pk)) == (succeed * 100, 0)


def test_of_two_charges_of_the_last_credits_one_wins(user: User) -> None:
    services.grant(user.pk, 100, reason="start")
    results = at_once(*[lambda: spend(user, 100)] * 2)
    assert sorted(isinstance(result, InsufficientBalance) for result in results) == [False, True]
    assert services.balance(user.pk) == 0


def test_a_hundred_charges_of_any_size_never_take_what_is_not_there(user: User) -> None:
    services.grant(user.pk, 1000, reason="start")
    sizes = [(number * 37) % 60 + 1 for number in range(100)]

    def spend_all(part: list[int]) -> int:
        return sum(one for size in part if isinstance(one := _spent_or_refused(user, size), int))

    taken_by_all = sum(at_once(*[lambda part=sizes[start::10]: spend_all(part) for start in range(10)]))
    assert services.balance(user.pk) == 1000 - taken_by_all >= 0
    assert not CreditTransaction.objects.filter(running_balance__lt=0).exists()
    assert list(audit.differences()) == []


def _spent_or_refused(user: User, amount: int) -> int | InsufficientBalance:
    try:
        return spend(user, amount)
    except InsufficientBalance as refused:
        return refused


def test_use_that_is_settled_at_once_by_many_is_taken_once_and_the_rest_is_owed(user: User) -> None:
    services.grant(user.pk, 100, reason="start")
    node = uuid4()

    def settle() -> int:
        with transaction.atomic():
            return services.settle(
                user_id=user.pk, node_execution_id=node, kind="second", amount=150, metadata={}
            ).charged

    assert sorted(at_once(*[settle] * 4)) == [0, 0, 0, 100]
    held = Balance.objects.get(user=user)
    assert (held.balance, held.owed) == (0, 50)


def test_charges_and_top_ups_at_once_add_up(user: User) -> None:
    services.grant(user.pk, 1000, reason="start")
    top_ups = [lambda key=key: payments.top_up(user.pk, 200, key=key) for key in ("a", "b", "c")]
    at_once(*[lambda: spend(user, 100)] * 5, *top_ups)
    assert services.balance(user.pk) == 1100


def test_the_first_movements_of_a_user_lose_nothing(user: User) -> None:
    Balance.objects.all().delete()  # as if the account were older than the credits
    at_once(*[lambda key=key: payments.top_up(user.pk, 100, key=key) for key in "abcdefgh"])
    assert services.balance(user.pk) == 800
    assert list(audit.differences()) == []


def test_one_pending_payment_confirmed_by_many_arrives_once(user: User) -> None:
    for number in range(10):
        payments.top_up(user.pk, 10, key=f"session-{number}", pending=True)
    for number in range(10):
        confirmed = at_once(*[lambda key=f"session-{number}": payments.confirm(user.pk, key)] * 4)
        assert sorted(confirmed) == [False, False, False, True]
    assert services.balance(user.pk) == 100


def test_one_payment_sent_by_many_is_booked_once(user: User) -> None:
    bookings = at_once(*[lambda: payments.top_up(user.pk, 500, key="payment")] * 5)
    assert sorted(booking.booked for booking in bookings) == [False, False, False, False, True]
    assert services.balance(user.pk) == 500


def test_parts_of_a_payment_taken_back_at_once_add_up(user: User) -> None:
    payments.top_up(user.pk, 1000, key="payment")
    back = [lambda key=key: payments.take_back(user.pk, "payment", 100, key=key, reason="partly") for key in "abcde"]
    at_once(*back)
    assert services.balance(user.pk) == 500


def test_a_charge_given_back_by_many_comes_back_once(user: User) -> None:
    services.grant(user.pk, 100, reason="start")
    node = uuid4()
    spend(user, 10, node)

    def give_back() -> int:
        with transaction.atomic():
            return services.give_back(node_execution_id=node, reason="never entered")

    assert sorted(at_once(*[give_back] * 6)) == [0, 0, 0, 0, 0, 10]
    assert services.balance(user.pk) == 100


def test_runs_that_end_at_once_are_counted_exactly(user: User) -> None:
    services.grant(user.pk, 100, reason="start")
    runs = [uuid4() for _ in range(4)]
    settle = [lambda run=run: services.settle_tiers(user.pk, run, 150) for run in runs * 2]
    assert sum(at_once(*settle)) == 6
    assert Balance.objects.get(user=user).executions == 600


def test_a_charge_that_lost_the_race_for_its_node_puts_the_credits_back(user: User) -> None:
    """Both saw no charge; the second waits for the balance, then finds the row of the first."""
    services.grant(user.pk, 100, reason="start")
    node = uuid4()
    results = at_once(*[lambda: spend(user, 10, node)] * 8)
    assert sorted(results) == [0] * 7 + [10]
    assert services.balance(user.pk) == 90

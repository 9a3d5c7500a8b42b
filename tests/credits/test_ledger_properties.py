"""Any sequence of movements against a model of a few lines."""

from uuid import UUID, uuid4

import pytest
from django.conf import settings as configured
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from credits import audit, payments, services
from credits.errors import AmountRefused, InsufficientBalance
from credits.models import Balance, CreditTransaction

NODES = st.integers(0, 3)
AMOUNTS = st.integers(1, 120)


class Ledger(RuleBasedStateMachine):
    """The model: a number, what is owed, which charges stand, what was used, which payments are pending."""

    @initialize(start=st.integers(0, 300))
    def begin(self, start: int) -> None:
        self.user = User.objects.create_user(uuid4().hex)
        self.nodes = [uuid4() for _ in range(4)]
        self.run = uuid4()
        self.balance, self.owed, self.executions = 0, 0, 0
        self.standing: dict[UUID, int] = {}
        self.used: set[UUID] = set()
        self.pending: dict[str, int] = {}
        self.paid: dict[str, int] = {}
        self.told = False
        if start:
            self.grant(start)

    def _arrived(self, amount: int) -> None:
        self.balance += amount
        self.told = False
        pays = max(0, min(self.owed, self.balance))
        self.balance, self.owed = self.balance - pays, self.owed - pays

    @rule(number=NODES, amount=AMOUNTS)
    def charge(self, number: int, amount: int) -> None:
        node = self.nodes[number]
        if node not in self.standing and amount > self.balance:
            with pytest.raises(InsufficientBalance, match="balance"):
                self._charge(node, amount)
            return
        expected = 0 if node in self.standing else amount
        charged = self._charge(node, amount)
        self.balance -= expected
        assert charged.charged == expected
        if expected:
            self.standing[node] = amount
            assert charged.balance == self.balance
            assert charged.crossed_low == (self.balance < configured.LOW_BALANCE <= self.balance + amount)

    def _charge(self, node: UUID, amount: int) -> services.Charge:
        with transaction.atomic():
            return services.charge(user_id=self.user.pk, node_execution_id=node, kind="run", amount=amount, metadata={})

    @rule(number=NODES)
    def give_back(self, number: int) -> None:
        node = self.nodes[number]
        with transaction.atomic():
            returned = services.give_back(node_execution_id=node, reason="never entered")
        assert returned == self.standing.pop(node, 0)
        self.balance += returned

    @rule(amount=AMOUNTS)
    def grant(self, amount: int) -> None:
        services.grant(self.user.pk, amount, reason="gift")
        self._arrived(amount)

    @rule(amount=AMOUNTS)
    def take(self, amount: int) -> None:
        if amount > self.balance:
            with pytest.raises(AmountRefused):
                services.grant(self.user.pk, -amount, reason="taken")
        else:
            services.grant(self.user.pk, -amount, reason="taken")
            self.balance -= amount

    @rule(amount=AMOUNTS, pending=st.booleans())
    def top_up(self, amount: int, *, pending: bool) -> None:
        key = uuid4().hex
        payments.top_up(self.user.pk, amount, key=key, pending=pending)
        if pending:
            self.pending[key] = amount
        else:
            self.paid[key] = amount
            self._arrived(amount)

    @precondition(lambda self: self.pending)
    @rule()
    def confirm(self) -> None:
        key, amount = self.pending.popitem()
        assert [payments.confirm(self.user.pk, key) for _ in range(2)] == [True, False]
        self.paid[key] = amount
        self._arrived(amount)

    @precondition(lambda self: self.paid)
    @rule()
    def take_back(self) -> None:
        key, amount = self.paid.popitem()
        payments.take_back(self.user.pk, key, amount, key=f"back-{key}", reason="disputed")
        self.balance -= amount

    @rule(more=st.integers(0, 900))
    def settle(self, more: int) -> None:
        tiers = (self.executions + more) // 100 - self.executions // 100
        self.executions += more
        paid = min(tiers, max(self.balance, 0))
        assert services.settle_tiers(self.user.pk, self.run, self.executions) == paid
        self.balance, self.owed = self.balance - paid, self.owed + tiers - paid

    @rule(number=NODES, amount=AMOUNTS)
    def use(self, number: int, amount: int) -> None:
        """Paid by what it has used, once; what is not there is owed."""
        node = self.nodes[number]
        paid = 0 if node in self.used else min(amount, max(self.balance, 0))
        owed = 0 if node in self.used else amount - paid
        with transaction.atomic():
            charged = services.settle(
                user_id=self.user.pk, node_execution_id=node, kind="second", amount=amount, metadata={}
            )
        assert charged.charged == paid
        self.balance, self.owed = self.balance - paid, self.owed + owed
        if paid:
            self.used.add(node)

    @rule()
    def fall_short(self) -> None:
        assert services.note_shortfall(self.user.pk, self.run) is not self.told
        self.told = True

    @invariant()
    def stored_as_in_the_model(self) -> None:
        if not hasattr(self, "user"):
            return
        stored = Balance.objects.get(user=self.user)
        assert (stored.balance, stored.owed, stored.executions) == (self.balance, self.owed, self.executions)
        newest = CreditTransaction.objects.active().filter(user=self.user).order_by("-created_at", "-id").first()
        assert (newest.running_balance if newest else 0) == self.balance

    def teardown(self) -> None:
        assert list(audit.differences()) == []


@pytest.mark.django_db
def test_every_sequence_of_movements_does_what_the_model_does() -> None:
    quick = settings(
        max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    run_state_machine_as_test(Ledger, settings=quick)

"""What happens to credits. Every movement of a balance starts here or in `payments`."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from audit import services as audit
from credits import ledger
from credits.errors import AmountRefused, InsufficientBalance, KeyTaken, UnknownUser, dollars
from credits.models import MOST, Balance, CreditTransaction, ShortfallNotice, TierTally

Type = CreditTransaction.Type


@dataclass(frozen=True)
class Charge:
    """What a charge did. `balance` is known only when something was taken."""

    charged: int = 0
    balance: int | None = None
    crossed_low: bool = False


@dataclass(frozen=True)
class Booking:
    """A movement and the balance now; `booked` is false when its key had been booked before."""

    key: str
    balance: int
    booked: bool = True


# What may arrive. Below what the database holds, so that giving back what was charged always fits.
HIGHEST: Final = 10**15
NOTHING: Final = Charge()


def enabled() -> bool:
    return bool(settings.CREDITS)


def balance(user_id: UUID) -> int:
    return Balance.objects.filter(user_id=user_id).values_list("balance", flat=True).first() or 0


def charge(*, user_id: UUID, node_execution_id: UUID, kind: str, amount: int, metadata: dict[str, Any]) -> Charge:
    """Take the price of a node execution, once per kind and cycle, in the transaction that claims the node.

    Two statements: the balance by compare-and-set, the ledger row by its unique key. The caller holds the node's row.
    """
    if not amount or not enabled():
        return NOTHING
    if amount < 0:
        raise ValueError(f"A price cannot be negative: {amount}")
    _inside_a_transaction()
    while (after := _take(user_id, amount, node_execution_id, kind)) is None:
        if CreditTransaction.objects.standing(node_execution_id, kind).exists():
            return NOTHING
        if (available := balance(user_id)) < amount:
            raise InsufficientBalance(available, amount)
        # credits arrived between the two looks: take again
    row = CreditTransaction(
        user_id=user_id,
        type=Type.USAGE,
        amount=-amount,
        running_balance=after,
        node_execution_id=node_execution_id,
        kind=kind,
        graph_exec_id=metadata.get("graph_exec_id"),
        graph_id=metadata.get("graph_id"),
        metadata=metadata,
    )
    if not ledger.book(row, opens_cycle=True):
        ledger.put_back(user_id, amount)
        return NOTHING
    return Charge(amount, after, crossed_low(after, amount))


def _take(user_id: UUID, amount: int, node_execution_id: UUID, kind: str) -> int | None:
    if amount > MOST:  # more than any balance, and than a database column holds
        return None
    return ledger.take(user_id, amount, node_execution_id=node_execution_id, kind=kind)


def crossed_low(after: int, charged: int) -> bool:
    """Whether this charge took the balance below the threshold: said once on the way down, not at every charge."""
    return after < settings.LOW_BALANCE <= after + charged


def settle(*, user_id: UUID, node_execution_id: UUID, kind: str, amount: int, metadata: dict[str, Any]) -> Charge:
    """Take what a node execution has used, once per kind. What the balance does not cover is owed."""
    if not amount or not enabled():
        return NOTHING
    _inside_a_transaction()
    held = ledger.lock(user_id)
    paid = min(amount, max(held.balance, 0))
    if CreditTransaction.objects.standing(node_execution_id, kind).exists():
        return NOTHING
    if paid < amount:
        Balance.objects.filter(pk=user_id).update(owed=held.owed + amount - paid)
    if not paid:
        return NOTHING
    row = CreditTransaction(user_id=user_id, type=Type.USAGE, amount=-paid, kind=kind)
    row.node_execution_id, row.cycle = node_execution_id, 1
    row.graph_exec_id, row.graph_id = metadata.get("graph_exec_id"), metadata.get("graph_id")
    row.metadata = metadata | ({} if paid == amount else {"price": amount, "owed": amount - paid})
    move(held, row)
    return Charge(paid, held.balance, crossed_low(held.balance, paid))


def give_back(*, node_execution_id: UUID, kind: str = "run", reason: str) -> int:
    """Return the price of a node execution whose block was never entered; its next claim charges again.

    The balance is the last lock of a transaction: lock the node's row first, as a claim does, or the two can deadlock.
    """
    if not enabled():
        return 0
    _inside_a_transaction()
    charges = CreditTransaction.objects.standing(node_execution_id, kind)
    if (user_id := charges.values_list("user_id", flat=True).first()) is None:
        return 0
    held = ledger.lock(user_id)
    if (standing := charges.first()) is None:  # somebody else gave it back before we held the balance
        return 0
    row = CreditTransaction(
        user_id=user_id,
        type=Type.REFUND,
        amount=-standing.amount,
        node_execution_id=node_execution_id,
        kind=kind,
        cycle=standing.cycle,
        graph_exec_id=standing.graph_exec_id,
        graph_id=standing.graph_id,
        metadata=standing.metadata | {"reason": reason},
    )
    move(held, row)
    return row.amount


@transaction.atomic
def grant(user_id: UUID, amount: int, *, reason: str, admin_id: UUID | None = None, key: str | None = None) -> Booking:
    """Give credits, or take some with a negative amount, but not below zero. A repeated key books once."""
    if not 0 < abs(amount) <= HIGHEST:
        raise AmountRefused(f"The amount must be between {-HIGHEST} and {HIGHEST} and not 0.")
    held = balance_of(user_id)
    if key and (earlier := booked_before(held, key, Type.GRANT, amount)):
        return earlier
    row = CreditTransaction(user_id=user_id, type=Type.GRANT, amount=amount, key=key or "")
    row.metadata = {"reason": reason} | ({"admin_id": str(admin_id)} if admin_id else {})
    if amount > 0:
        move(held, row)
        credits_arrived(held)
    elif held.balance + amount >= 0:
        move(held, row)
    else:
        raise AmountRefused(f"The balance of {dollars(held.balance)} does not allow to take {dollars(-amount)}.")
    audit.record(
        "credits.granted",
        subject=held.user,
        subject_id=user_id,
        detail={"amount": amount, "reason": reason, "key": row.key},
    )
    return Booking(row.key, held.balance)


def balance_of(user_id: UUID) -> Balance:
    if not get_user_model().objects.filter(pk=user_id).exists():
        raise UnknownUser(f"There is no user {user_id}.")
    return ledger.lock(user_id)


def booked_before(held: Balance, key: str, kind: str, amount: int) -> Booking | None:
    """What an earlier request with this key did; the same key for something else is refused."""
    earlier = CreditTransaction.objects.filter(user_id=held.pk, key=key).first()
    if earlier is None:
        return None
    if (earlier.type, earlier.metadata.get("requested", earlier.amount)) != (kind, amount):
        raise KeyTaken(f"The key {key!r} belongs to another transaction.")
    return Booking(key, held.balance, booked=False)


def move(held: Balance, row: CreditTransaction) -> None:
    """Change the held balance by the row's amount and add the row."""
    shift(held, row.amount, may_overdraw=row.type == Type.REFUND)
    row.running_balance = held.balance
    if not ledger.book(row):
        raise KeyTaken(f"The key {row.key!r} belongs to another transaction.")


def shift(held: Balance, amount: int, *, may_overdraw: bool = False) -> None:
    after = held.balance + amount
    overdrawn = max(0, -after) if may_overdraw or amount > 0 else held.overdrawn
    unchanged = Balance.objects.filter(pk=held.pk, balance=held.balance, overdrawn=held.overdrawn)
    if not unchanged.update(balance=after, overdrawn=overdrawn, updated_at=timezone.now()):
        raise RuntimeError(f"The balance of {held.pk} moved while it was held.")
    held.balance, held.overdrawn = after, overdrawn


def credits_arrived(held: Balance) -> None:
    """Shortfalls may be told again, and what surcharges left owing is paid now."""
    if held.balance > HIGHEST:
        raise AmountRefused(f"A balance cannot exceed {dollars(HIGHEST)}.")
    ShortfallNotice.objects.filter(user_id=held.pk).delete()
    if (pays := min(held.owed, held.balance)) > 0:
        held.owed -= pays
        Balance.objects.filter(pk=held.pk).update(owed=held.owed)
        metadata = {"charge": "Execution Cost", "reason": "owed since the balance did not cover it"}
        move(held, CreditTransaction(user_id=held.pk, type=Type.USAGE, amount=-pays, kind="tier", metadata=metadata))


def settle_tiers(user_id: UUID, run_id: UUID, executions: int, *, graph_id: UUID | None = None) -> int:
    """Count a run's node executions (`executions` so far) and take the surcharge of every TIER_SIZE-th of the user.

    The same total counts once. What the balance does not cover is owed; the run does not fail for it. Answers with
    what was taken; `crossed_low` of the balance, which is held from here on, says whether to tell the user.
    """
    if executions <= 0 or not enabled():
        return 0
    with transaction.atomic():
        held = ledger.lock(user_id)
        more = _count(user_id, run_id, executions)
        tiers = (held.executions + more) // settings.TIER_SIZE - held.executions // settings.TIER_SIZE
        due = tiers * settings.TIER_COST
        paid = min(due, max(held.balance, 0))
        if more:
            owed = held.owed + due - paid
            Balance.objects.filter(pk=held.pk).update(executions=held.executions + more, owed=owed)
        if paid:
            row = CreditTransaction(user_id=user_id, type=Type.USAGE, amount=-paid, kind="tier")
            row.graph_exec_id, row.graph_id = run_id, graph_id
            row.metadata = {"graph_exec_id": str(run_id), "execution_count": tiers * settings.TIER_SIZE}
            row.metadata |= {"charge": "Execution Cost"} | ({"graph_id": str(graph_id)} if graph_id else {})
            move(held, row)
        return paid


def _count(user_id: UUID, run_id: UUID, executions: int) -> int:
    """How many of the run's executions had not been counted; the caller holds the balance."""
    tally, _ = TierTally.objects.get_or_create(run_id=run_id, defaults={"user_id": user_id})
    more = max(executions - tally.counted, 0)
    if more:
        TierTally.objects.filter(pk=run_id).update(counted=executions, updated_at=timezone.now())
    return more


def note_shortfall(user_id: UUID, graph_id: UUID) -> bool:
    """Whether the user is to be told that this graph lacks credits: True once, until credits arrive."""
    _, fresh = ShortfallNotice.objects.get_or_create(user_id=user_id, graph_id=graph_id)
    return fresh


def surcharges_of(run_id: UUID) -> int:
    """What was taken for the volume of a run, each time it ended."""
    rows = CreditTransaction.objects.active().filter(graph_exec_id=run_id, kind="tier")
    return -(rows.aggregate(total=Sum("amount"))["total"] or 0)


def usage_of_run(run_id: UUID) -> int:
    """What a run has cost: its charges less what was given back."""
    rows = CreditTransaction.objects.active().filter(graph_exec_id=run_id)
    return -(rows.aggregate(total=Sum("amount"))["total"] or 0)


def _inside_a_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A charge belongs into the transaction of what it pays for.")

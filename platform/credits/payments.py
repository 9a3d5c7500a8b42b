"""Money from outside: payments become credits once, and can be taken back."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from audit import services as audit
from credits import ledger
from credits.errors import AmountRefused, EnoughBalance, UnknownPayment, dollars
from credits.models import CreditTransaction
from credits.services import HIGHEST, Booking, Type, balance_of, booked_before, credits_arrived, move, shift


@transaction.atomic
def top_up(
    user_id: UUID,
    amount: int,
    *,
    key: str,
    pending: bool = False,
    ceiling: int | None = None,
    provider_payment: str | None = None,
    **metadata: Any,
) -> Booking:
    """Book a payment; a pending one moves nothing until it is confirmed. A repeated key books once.

    With a ceiling the balance is filled up to it at most, and a balance that has reached it is refused.
    """
    if not 0 < amount <= HIGHEST:
        raise AmountRefused(f"The amount must be between 1 and {HIGHEST}.")
    held = balance_of(user_id)
    if earlier := booked_before(held, key, Type.TOP_UP, amount):
        return earlier
    added = amount if ceiling is None else min(amount, ceiling - held.balance)
    if added <= 0:
        raise EnoughBalance(f"The balance of {dollars(held.balance)} has reached {dollars(ceiling or 0)} already.")
    row = CreditTransaction(user_id=user_id, type=Type.TOP_UP, amount=added, key=key, metadata=metadata)
    row.provider_payment = provider_payment
    if added != amount:
        row.metadata["requested"] = amount
    if pending:
        row.is_active, row.running_balance = False, held.balance
        ledger.book(row)
    else:
        move(held, row)
        credits_arrived(held)
    return Booking(key, held.balance)


@transaction.atomic
def confirm(user_id: UUID, key: str, *, provider_payment: str | None = None, **metadata: Any) -> bool:
    """A pending payment arrived. Whoever comes second (the page, the provider's call) changes nothing."""
    held = balance_of(user_id)
    row = CreditTransaction.objects.filter(user_id=user_id, key=key, type=Type.TOP_UP, is_active=False).first()
    if row is None:
        return False
    shift(held, row.amount)
    CreditTransaction.objects.filter(pk=row.pk).update(
        is_active=True,
        running_balance=held.balance,
        created_at=timezone.now(),
        metadata=row.metadata | metadata,
        provider_payment=provider_payment,
    )
    credits_arrived(held)
    return True


@transaction.atomic
def take_back(user_id: UUID, payment: str, amount: int, *, key: str, reason: str) -> Booking:
    """A payment was refunded or disputed: the one movement that may leave the balance below zero."""
    held = balance_of(user_id)
    paid = CreditTransaction.objects.active().filter(user_id=user_id, key=payment, type=Type.TOP_UP).first()
    if paid is None:
        raise UnknownPayment(f"There is no payment {payment!r}.")
    if earlier := booked_before(held, key, Type.REFUND, -amount):
        return earlier
    left = left_of(paid)
    if not 0 < amount <= left:
        raise AmountRefused(f"Of this payment {dollars(left)} can be taken back.")
    row = CreditTransaction(user_id=user_id, type=Type.REFUND, amount=-amount, key=key, payment=paid)
    row.metadata = {"reason": reason}
    move(held, row)
    detail = {"amount": amount, "payment": payment, "reason": reason, "key": key}
    audit.record("payment.taken_back", subject=held.user, subject_id=user_id, detail=detail)
    return Booking(key, held.balance)


def left_of(paid: CreditTransaction) -> int:
    """What of a payment was not taken back."""
    back = CreditTransaction.objects.filter(user_id=paid.user_id, payment=paid)
    return int(paid.amount + (back.aggregate(total=Sum("amount"))["total"] or 0))

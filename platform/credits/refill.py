"""Credits that come back every month: a balance is filled up once in each month, at its first look."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from credits import ledger, services
from credits.models import CreditTransaction


def balance(user_id: UUID) -> int:
    """The balance as a start and its owner see it, after the month's refill."""
    if settings.MONTHLY_REFILL and services.enabled():
        _refill(user_id, f"MONTHLY-CREDIT-TOP-UP-{timezone.now():%Y-%m}")
    return services.balance(user_id)


def _refill(user_id: UUID, key: str) -> None:
    """The key is of the user and the month, so spending does not put it off, and of several looks one books.

    A balance that is high enough gets a row of 0, and with it no refill later in the month."""
    if CreditTransaction.objects.filter(user_id=user_id, key=key).exists():
        return
    with transaction.atomic():
        held = ledger.lock(user_id)
        if CreditTransaction.objects.filter(user_id=user_id, key=key).exists():
            return
        amount = max(settings.MONTHLY_REFILL - held.balance, 0)
        row = CreditTransaction(user_id=user_id, type=services.Type.GRANT, amount=amount, key=key)
        row.metadata = {"reason": "Monthly refill"}
        services.move(held, row)
        if amount:
            services.credits_arrived(held)

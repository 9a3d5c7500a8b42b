"""From a wish to pay to credits: the checkout, and its fulfilment by whoever hears first that it was paid.

The provider's call and the page to which the person returns race each other. Both look the session up at the provider,
and both come to `fulfil`, where the pending row changes once."""

import logging
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model

from credits import payments
from credits.errors import AmountRefused, NoPortal, UnknownPayment, UnknownUser
from credits.models import CreditTransaction
from credits.providers import PaidBack, Standing, provider

log = logging.getLogger(__name__)

LEAST: Final = 500
STEP: Final = 100
MOST: Final = 100_000_000
# Sessions of a person that are looked up when the person comes back without saying from which.
LOOKED_UP: Final = 20


def begin(user_id: UUID, amount: int) -> str:
    """The address at which the person pays; a pending payment is kept under the name of its session."""
    if not LEAST <= amount <= MOST or amount % STEP:
        raise AmountRefused(f"credit_amount must be a multiple of {STEP} from {LEAST} to {MOST}.")
    user = get_user_model().objects.filter(pk=user_id).first()
    if user is None:
        raise UnknownUser(f"There is no user {user_id}.")
    chosen = provider()
    checkout = chosen.checkout(user_id=user_id, email=user.email, amount=amount)
    payments.top_up(user_id, amount, key=checkout.session, pending=True, provider=chosen.name)
    return checkout.url


def returned(user_id: UUID, session: str | None = None) -> int:
    """The person is back from paying: how many payments were found to have arrived by this look."""
    pending = CreditTransaction.objects.pending_payments(user_id)
    if session is not None:
        if not CreditTransaction.objects.payments(user_id).filter(key=session).exists():
            raise UnknownPayment(f"There is no payment {session!r}.")
        pending = pending.filter(key=session)
    keys = list(pending.order_by("-created_at").values_list("key", flat=True)[:LOOKED_UP])
    return sum(map(_arrived, keys))


def _arrived(session: str) -> bool:
    try:
        return fulfil(provider().look_up(session))
    except UnknownPayment:  # of a provider that was in use before
        return False


def fulfil(standing: Standing) -> bool:
    """Credits for a session that was paid; True for the one who books them."""
    if not standing.paid:
        return False
    row = CreditTransaction.objects.filter(key=standing.session, type=CreditTransaction.Type.TOP_UP).first()
    said: dict[str, Any] = {"customer": standing.customer} if standing.customer else {}
    if row is not None:
        return payments.confirm(row.user_id, row.key, provider_payment=standing.payment, **said)
    if standing.user_id is None or not standing.amount:
        log.warning("session %s was paid, but it is none of ours", standing.session)
        return False
    # our own row was lost after the provider had made the session; the provider has signed whose it is
    booking = payments.top_up(
        standing.user_id, standing.amount, key=standing.session, provider_payment=standing.payment, **said
    )
    # the row may have been written in this very moment
    return booking.booked or payments.confirm(
        standing.user_id, standing.session, provider_payment=standing.payment, **said
    )


def heard(body: bytes, signature: str) -> bool:
    """A call of the provider, as often as it comes. True when it moved credits. Raises WebhookRefused."""
    told = provider().event(body, signature)
    if isinstance(told, Standing):
        return fulfil(told)
    if isinstance(told, PaidBack):
        from credits import refunds

        return refunds.went_back(told)
    return False


def portal(user_id: UUID) -> str:
    """Where the person sees cards and invoices at the provider."""
    paid = CreditTransaction.objects.active().payments(user_id).order_by("-created_at")
    customers = (row.metadata.get("customer") for row in paid[:LOOKED_UP])
    customer = next((found for found in customers if found), None)
    if customer is None:
        raise NoPortal
    return provider().portal(str(customer))

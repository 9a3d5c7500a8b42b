"""Payments by Stripe, through its official client: checkout, signed webhooks, refunds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import stripe
from django.conf import settings

from credits.errors import ProviderFailed, UnknownPayment, WebhookRefused
from credits.providers import Checkout, PaidBack, Standing

T = TypeVar("T")

SECONDS: Final = 20
PAID: Final = ("paid", "no_payment_required")
OF_SESSIONS: Final = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
OF_REFUNDS: Final = ("refund.created", "refund.updated")


class StripeCheckout:
    name: Final = "stripe"

    def __init__(self) -> None:
        client = stripe.StripeClient(
            settings.STRIPE_KEY,
            max_network_retries=2,
            http_client=stripe.RequestsClient(timeout=SECONDS),
            base_addresses={"api": settings.STRIPE_API} if settings.STRIPE_API else None,
        )
        self._client = client.v1

    def checkout(self, *, user_id: UUID, email: str, amount: int) -> Checkout:
        price = {"currency": "usd", "unit_amount": amount, "product_data": {"name": f"{amount} credits"}}
        params: dict[str, Any] = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "customer_creation": "always",
            "client_reference_id": str(user_id),
            # whose it is, should our own row be lost between here and the answer
            "metadata": {"user_id": str(user_id), "credits": str(amount)},
            "success_url": _page("success") + "&session_id={CHECKOUT_SESSION_ID}",
            "cancel_url": _page("cancel"),
            **({"customer_email": email} if email else {}),
        }
        session = _asked(lambda: self._client.checkout.sessions.create(params=params))  # type: ignore[arg-type]
        return Checkout(session.id, session.url or "")

    def look_up(self, session: str) -> Standing:
        return _standing(_asked(lambda: self._client.checkout.sessions.retrieve(session)))

    def of_payment(self, payment: str) -> Standing | None:
        found = _asked(lambda: self._client.checkout.sessions.list({"payment_intent": payment, "limit": 1}))
        return next(map(_standing, found.data), None)

    def pay_back(self, payment: str, amount: int, *, key: str) -> bool:
        """The ledger moves when Stripe tells that the money has gone."""
        options: Any = {"idempotency_key": key}
        _asked(lambda: self._client.refunds.create({"payment_intent": payment, "amount": amount}, options))
        return True

    def event(self, body: bytes, signature: str) -> Standing | PaidBack | None:
        try:
            told: Any = stripe.Webhook.construct_event(body, signature, settings.STRIPE_WEBHOOK_SECRET)
        except (ValueError, stripe.SignatureVerificationError) as wrong:
            raise WebhookRefused(f"The call is not one of Stripe's: {wrong}") from None
        if told.type in OF_SESSIONS:
            return _standing(told.data.object)
        about = told.data.object.to_dict()
        if told.type in OF_REFUNDS and about.get("status") == "succeeded" and about.get("payment_intent"):
            return PaidBack(about["id"], about["payment_intent"], about["amount"])
        return None

    def portal(self, customer: str) -> str:
        opened = _asked(
            lambda: self._client.billing_portal.sessions.create({"customer": customer, "return_url": _page("portal")})
        )
        return opened.url


def _page(topup: str) -> str:
    page = settings.PAYMENT_PAGE
    return f"{page}{'&' if '?' in page else '?'}{urlencode({'topup': topup})}"


def _standing(session: Any) -> Standing:
    said = session.to_dict()
    user_id, amount = _ours(said.get("metadata") or {})
    return Standing(
        session=said["id"],
        paid=said.get("payment_status") in PAID,
        user_id=user_id,
        amount=amount,
        payment=said.get("payment_intent"),
        customer=said.get("customer"),
    )


def _ours(metadata: dict[str, Any]) -> tuple[UUID | None, int]:
    """What we wrote on the session; another shop of the same account writes other things there."""
    try:
        return UUID(metadata["user_id"]), int(metadata["credits"])
    except (KeyError, TypeError, ValueError):
        return None, 0


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except stripe.InvalidRequestError as refused:
        if refused.http_status == 404:
            raise UnknownPayment("Stripe does not know this payment.") from None
        raise ProviderFailed(f"Stripe refused the request: {refused.user_message or refused.code}") from refused
    except stripe.StripeError as failed:
        raise ProviderFailed("Stripe did not answer as expected.") from failed


def _asked(ask: Callable[[], T]) -> T:
    with _in_our_words():
        return ask()

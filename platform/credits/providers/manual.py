"""Payments by hand, for who runs the product for a few people: an administrator confirms what has arrived."""

from typing import Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings

from credits.errors import NoPortal, WebhookRefused
from credits.providers import Checkout, PaidBack, Standing


class Manual:
    name: Final = "manual"

    def checkout(self, *, user_id: UUID, email: str, amount: int) -> Checkout:
        """The page of the installation that says how to pay, with the words for the transfer."""
        session = f"manual-{uuid4()}"
        page = settings.PAYMENT_PAGE
        return Checkout(session, f"{page}{'&' if '?' in page else '?'}{urlencode({'reference': session})}")

    def look_up(self, session: str) -> Standing:
        return Standing(session, paid=False)

    def of_payment(self, payment: str) -> Standing | None:
        return None

    def pay_back(self, payment: str, amount: int, *, key: str) -> bool:
        return False

    def event(self, body: bytes, signature: str) -> Standing | PaidBack | None:
        raise WebhookRefused("Payments are confirmed by hand here: nobody may tell of them.")

    def portal(self, customer: str) -> str:
        raise NoPortal

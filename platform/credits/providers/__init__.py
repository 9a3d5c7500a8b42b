"""Who takes money from people. The rest of the product asks one of these, and knows nothing of how it is done."""

from dataclasses import dataclass
from functools import cache
from typing import Protocol
from uuid import UUID

from django.conf import settings

from credits.errors import NoPayments


@dataclass(frozen=True)
class Checkout:
    """Where somebody pays. `session` is the name of this payment from now on."""

    session: str
    url: str


@dataclass(frozen=True)
class Standing:
    """What has become of a checkout. `payment`: the provider's name of the money itself, once it was paid."""

    session: str
    paid: bool
    user_id: UUID | None = None
    amount: int = 0
    payment: str | None = None
    customer: str | None = None


@dataclass(frozen=True)
class PaidBack:
    """Money that has gone back to whom it came from."""

    id: str
    payment: str
    amount: int


class PaymentProvider(Protocol):
    """Amounts are credits, which are cents. Every method may raise ProviderFailed; then nothing has happened, or it is
    found when the same is asked again with the same key."""

    @property
    def name(self) -> str: ...

    def checkout(self, *, user_id: UUID, email: str, amount: int) -> Checkout: ...

    def look_up(self, session: str) -> Standing: ...

    def of_payment(self, payment: str) -> Standing | None:
        """The session in which this money was paid; None when it is of no session."""
        ...

    def pay_back(self, payment: str, amount: int, *, key: str) -> bool:
        """False: a person has to do it."""
        ...

    def event(self, body: bytes, signature: str) -> Standing | PaidBack | None:
        """What the provider's own call tells. Raises WebhookRefused unless the provider has signed it."""
        ...

    def portal(self, customer: str) -> str:
        """The address at which a customer sees cards and invoices."""
        ...


def provider() -> PaymentProvider:
    """The one of the settings. Raises NoPayments where there is none."""
    return chosen(settings.PAYMENTS)


@cache
def chosen(name: str) -> PaymentProvider:
    if name == "stripe":
        from credits.providers.stripe_checkout import StripeCheckout  # its client takes long to import

        return StripeCheckout()
    if name == "manual":
        from credits.providers.manual import Manual

        return Manual()
    raise NoPayments

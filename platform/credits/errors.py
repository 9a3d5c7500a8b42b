"""What can go wrong with credits, in the words that a person reads."""

from http import HTTPStatus
from typing import Any


def dollars(credit: int) -> str:
    return f"{'-' if credit < 0 else ''}${abs(credit) // 100:,}.{abs(credit) % 100:02d}"


class CreditsError(Exception):
    """The request was refused and nothing was booked."""

    status = HTTPStatus.BAD_REQUEST
    code = "credits_refused"
    hint = ""


class InsufficientBalance(CreditsError):
    """A price is higher than the balance."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "insufficient_balance"
    hint = "Add credits, then start the run again."

    def __init__(self, balance: int, amount: int) -> None:
        self.balance = balance
        self.amount = amount
        self.detail: dict[str, Any] = {"balance": balance, "amount": amount}
        super().__init__(f"Insufficient balance: the balance is {dollars(balance)}, the price {dollars(amount)}.")

    @property
    def shortfall(self) -> int:
        return self.amount - self.balance


class AmountRefused(CreditsError):
    """An amount that cannot be booked."""

    code = "amount_refused"


class LimitRefused(CreditsError):
    """A page size outside of what a page may hold."""

    code = "limit_refused"


class EnoughBalance(CreditsError):
    """A top-up that is only wanted below a ceiling came when the balance had reached it."""

    code = "enough_balance"


class KeyTaken(CreditsError):
    """A key that stands for another movement."""

    status = HTTPStatus.CONFLICT
    code = "key_taken"


class PriceMoved(CreditsError):
    """Two administrators set the same price at the same moment."""

    status = HTTPStatus.CONFLICT
    code = "price_moved"


class NoPayments(CreditsError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "no_payments"
    hint = "Ask an administrator for credits, or to set PETIOLE_PAYMENTS."

    def __init__(self) -> None:
        super().__init__("Payments are not set up here.")


class ProviderFailed(CreditsError):
    """The payment provider did not do what it was asked; the same may be asked again."""

    status = HTTPStatus.BAD_GATEWAY
    code = "provider_failed"
    hint = "Try again in a minute. What was paid is not lost."


class WebhookRefused(CreditsError):
    code = "webhook_refused"


class NoPortal(CreditsError):
    status = HTTPStatus.NOT_FOUND
    code = "no_portal"

    def __init__(self) -> None:
        super().__init__("There is no page for cards and invoices: nothing was paid by card.")


class RefundRefused(CreditsError):
    code = "refund_refused"


class UnknownUser(CreditsError):
    status = HTTPStatus.NOT_FOUND
    code = "unknown_user"


class UnknownPayment(CreditsError):
    status = HTTPStatus.NOT_FOUND
    code = "unknown_payment"

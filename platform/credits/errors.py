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


class UnknownUser(CreditsError):
    status = HTTPStatus.NOT_FOUND
    code = "unknown_user"


class UnknownPayment(CreditsError):
    status = HTTPStatus.NOT_FOUND
    code = "unknown_payment"

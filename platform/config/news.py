"""Carries what one platform service has to tell to the one that tells it to people: the two do not know each other."""

from typing import Any
from uuid import UUID

from credits import signals


def tell() -> None:
    signals.refund_requested.connect(refund_requested, dispatch_uid="news.refund_requested")
    signals.refund_processed.connect(refund_processed, dispatch_uid="news.refund_processed")


def refund_requested(*, request: Any, **_: Any) -> None:
    """For those who may decide: superusers."""
    from django.contrib.auth import get_user_model

    from notifications import services as notifications

    data = {"user_id": str(request.user_id), "amount": request.amount, "reason": request.reason}
    for pk in get_user_model().objects.filter(is_superuser=True, is_active=True).values_list("pk", flat=True):
        notifications.record(pk, "REFUND_REQUEST", data, key=f"refund-request:{request.pk}:{pk}")


def refund_processed(*, user_id: UUID, amount: int, balance: int, key: str, **_: Any) -> None:
    from notifications import services as notifications

    data = {"amount": amount, "current_balance": balance}
    notifications.record(user_id, "REFUND_PROCESSED", data, key=f"refund:{key}")

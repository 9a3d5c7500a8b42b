"""Recording of what is worth telling a person."""

from typing import Any
from uuid import UUID

from notifications.models import Notice


def record(user_id: UUID, kind: str, data: dict[str, Any], key: str | None = None) -> None:
    """Keep an event for its user, in the transaction of what happened. A repeated key records nothing."""
    notice = Notice(user_id=user_id, kind=Notice.Kind(kind), data=data, key=key)
    Notice.objects.bulk_create([notice], ignore_conflicts=key is not None)

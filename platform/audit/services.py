"""The one way into the audit log."""

from typing import Any
from uuid import UUID

from audit import origin
from audit.models import Entry


def record(
    action: str,
    *,
    subject: object = "",
    subject_id: object = "",
    detail: dict[str, Any] | None = None,
    actor: Any = None,
) -> None:
    """Keep that somebody did something, in the transaction in which it is done.

    `action`: noun.verb. `subject`, `subject_id`: what it was done to. `detail`: never a secret, for the entry can not
    be removed. `actor`: a user where it is not the one of the request that is being answered."""
    who = actor if actor is not None else origin.user()
    Entry.objects.create(
        action=action,
        actor=_short(Entry.actor, origin.name() if who is None else who.get_username()),
        actor_id=None if who is None else UUID(str(who.pk)),
        origin=_short(Entry.origin, origin.place()),
        subject=_short(Entry.subject, subject),
        subject_id=_short(Entry.subject_id, subject_id),
        detail=detail or {},
    )


def _short(column: Any, text: object) -> str:
    """Cut to its column, without what a database refuses."""
    return str(text).replace("\x00", "").encode(errors="replace").decode()[: column.field.max_length]

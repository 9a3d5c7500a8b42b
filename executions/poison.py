"""Messages that nobody can do anything with: counted, logged, taken off their queue.

Nothing is lost with them. What has to be done is known to the rows: a message of a newer version, or one that was
damaged on its way, is sent again by the sweep."""

import logging
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import Model

from executions import metrics

log = logging.getLogger(__name__)

LONGEST: Final = 200


def found(reason: str, what: str, message: object = "") -> None:
    """`reason`: a label of petiole_poison_messages_total; `what`: a sentence."""
    metrics.count(metrics.POISON, reason)
    log.warning("a message is thrown away: %s%s", what, f" It begins {excerpt(message)}" if message else "")


def unless_exists(model: type[Model], pk: UUID) -> None:
    """A message had no effect: perhaps it is about something that was deleted."""
    if not model._default_manager.filter(pk=pk).exists():
        unknown(model, pk)


def unknown(model: type[Model], pk: UUID) -> None:
    found("unknown_id", f"there is no {model._meta.verbose_name} {pk}.")


def excerpt(message: object) -> str:
    """Its beginning in printable characters: whoever wrote it, a line of the log stays one, and short."""
    text = message.decode(errors="backslashreplace") if isinstance(message, bytes) else str(message)
    more = len(text) - LONGEST
    return ascii(text[:LONGEST]) + (f" and {more} characters more" if more > 0 else "")


def unfit(kinds: Mapping[str, type], given: list[Any], named: Mapping[str, Any]) -> str:
    """Why these cannot be the arguments of a task of ours; they come by position, ids as text."""
    if named or len(given) != len(kinds):
        return f"it needs {len(kinds)} arguments by position."
    wrong = [name for (name, kind), one in zip(kinds.items(), given, strict=True) if not _is(kind, one)]
    return f"{wrong[0]} is no {kinds[wrong[0]].__name__}." if wrong else ""


def _is(kind: type, given: Any) -> bool:
    if kind is not UUID:
        return type(given) is kind
    try:
        return isinstance(given, str) and bool(UUID(given))
    except ValueError:
        return False

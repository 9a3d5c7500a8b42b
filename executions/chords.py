"""Places in a run's chord (design 3.1): one flat chord per run, which its executions join while it is open.

The counts are Celery's own, in its Redis result backend. They give speed, never correctness: when they are off or
gone, `conclude` looks at the rows, and the sweep asks it to."""

import logging
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from celery import current_app
from django.conf import settings

from executions.lines import COUNTS, UNREACHABLE

log = logging.getLogger(__name__)

# KEYS: size, extra members. Add to the members only while the chord is there.
_RESERVE: Final = """
if redis.call('exists', KEYS[1]) == 0 then return 0 end
local members = redis.call('incr', KEYS[2])
redis.call('expire', KEYS[2], ARGV[1])
return members
"""


def join(group: str, number: int) -> bool:
    """Room for `number` more members; called by a member, so that the chord cannot have ended meanwhile."""
    backend: Any = current_app.backend
    try:
        with COUNTS.asked(), backend.client.pipeline() as pipe:
            pipe.incrby(key := backend.get_key_for_group(group, ".t"), number)
            pipe.expire(key, backend.expires)  # who dies now may not come back to end the chord
            pipe.execute()
    except UNREACHABLE as lost:
        log.warning("cannot join the chord of a run: %s", lost)
        return False
    return True


def reserve(group: str) -> bool:
    """Keep one place for a member that suspends; False when the chord is gone."""
    backend: Any = current_app.backend
    keys = backend.get_key_for_group(group, ".s"), backend.get_key_for_group(group, ".t")
    try:
        with COUNTS.asked():
            return bool(backend.client.eval(_RESERVE, 2, *keys, backend.expires))
    except UNREACHABLE as lost:
        log.warning("cannot keep a place in the chord of a run: %s", lost)
        return False


def leave(group: str) -> None:
    """Give a reserved place back that nobody will use."""
    backend: Any = current_app.backend
    try:
        with COUNTS.asked():
            backend.client.decr(backend.get_key_for_group(group, ".t"))
    except UNREACHABLE as lost:
        log.warning("cannot give a place in the chord of a run back: %s", lost)


def opened(group: str, members: int) -> bool:
    """Begin the run's chord; False with PETIOLE_CHORDS off, without a backend that counts, or without Redis."""
    backend: Any = current_app.backend
    if not settings.USE_CHORDS or not hasattr(backend, "add_to_chord"):
        return False
    try:
        with COUNTS.asked():
            backend.set_chord_size(group, members)
    except UNREACHABLE as lost:
        log.warning("cannot begin the chord of a run: %s", lost)
        return False
    return True


def body(run_id: UUID) -> Any:
    return current_app.signature("executions.tasks.conclude", args=(str(run_id),), immutable=True, queue="engine")


@lru_cache(maxsize=1024)
def body_of_members(run_id: UUID) -> dict[str, Any]:
    """The same as every message of a member carries it. Nobody changes it: it is only written out."""
    return dict(body(run_id))

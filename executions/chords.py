"""Places in a run's chord (design 3.1): one flat chord per run, which its executions join while it is open.

The counts are Celery's own, in its Redis result backend. They give speed, never correctness: when they are off or
gone, `conclude` looks at the rows, and the sweep asks it to."""

import logging
from typing import Any, Final
from uuid import UUID

from celery import current_app
from django.conf import settings
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# KEYS: size, extra members. Add to the members only while the chord is there.
_RESERVE: Final = "if redis.call('exists', KEYS[1]) == 1 then return redis.call('incr', KEYS[2]) end return 0"


def join(group: str, number: int) -> bool:
    """Room for `number` more members; called by a member, so that the chord cannot have ended meanwhile."""
    backend: Any = current_app.backend
    try:
        backend.client.incrby(backend.get_key_for_group(group, ".t"), number)
    except RedisError as lost:
        log.warning("cannot join the chord of a run: %s", lost)
        return False
    return True


def reserve(group: str) -> bool:
    """Keep one place for a member that suspends; False when the chord is gone."""
    backend: Any = current_app.backend
    keys = backend.get_key_for_group(group, ".s"), backend.get_key_for_group(group, ".t")
    try:
        return bool(backend.client.eval(_RESERVE, 2, *keys))
    except RedisError as lost:
        log.warning("cannot keep a place in the chord of a run: %s", lost)
        return False


def leave(group: str) -> None:
    """Give a reserved place back that nobody will use."""
    backend: Any = current_app.backend
    try:
        backend.client.decr(backend.get_key_for_group(group, ".t"))
    except RedisError as lost:
        log.warning("cannot give a place in the chord of a run back: %s", lost)


def usable() -> bool:
    """PETIOLE_CHORDS, and a backend that counts members."""
    return settings.USE_CHORDS and hasattr(current_app.backend, "add_to_chord")


def body(run_id: UUID) -> Any:
    return current_app.signature("executions.tasks.conclude", args=(str(run_id),), immutable=True, queue="engine")

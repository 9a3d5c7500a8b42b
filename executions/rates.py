"""How often things may happen, counted in Redis: starts of a user's runs (PETIOLE_STARTS_PER_MINUTE), sweeps."""

import logging
import time
from functools import cache
from typing import Final
from uuid import UUID

import redis
from django.conf import settings

from executions.errors import TooManyStarts

log = logging.getLogger(__name__)

WINDOW: Final = 60


@cache
def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def count_start(user_id: UUID) -> None:
    """Raises TooManyStarts above the limit. When Redis cannot be asked, the run may start."""
    limit = settings.STARTS_PER_MINUTE
    if not limit:
        return
    now = int(time.time())
    key = f"petiole:starts:{user_id}:{now // WINDOW}"
    try:
        with _client().pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW)
            number = pipe.execute()[0]
    except redis.RedisError as lost:
        log.warning("starts cannot be counted: %s", lost)
        return
    if number > limit:
        raise TooManyStarts(limit=limit, retry_after=WINDOW - now % WINDOW)


def first_in(name: str, seconds: float) -> bool:
    """Is this the first call by that name for so many seconds, in any process? When Redis cannot be asked: yes."""
    try:
        return bool(_client().set(f"petiole:first:{name}", 1, nx=True, px=max(1, int(seconds * 1000))))
    except redis.RedisError as lost:
        log.warning("%s is done without asking who else does it: %s", name, lost)
        return True

"""How often things may happen, counted in Redis: starts of a user's runs (PETIOLE_STARTS_PER_MINUTE), sweeps."""

import logging
import time
from functools import cache
from typing import Final
from uuid import UUID

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from executions.errors import TooManyStarts
from executions.lines import COUNTS, UNREACHABLE

log = logging.getLogger(__name__)

WINDOW: Final = 60
# A server that is gone is not worth waiting for: by itself redis-py tries ten times.
ONCE: Final = Retry(NoBackoff(), 0)


@cache
def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=ONCE)


def count_start(user_id: UUID) -> None:
    """Raises TooManyStarts above the limit. When Redis cannot be asked, the run may start."""
    limit = settings.STARTS_PER_MINUTE
    if not limit:
        return
    now = int(time.time())
    key = f"petiole:starts:{user_id}:{now // WINDOW}"
    try:
        with COUNTS.asked(), _client().pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, 2 * WINDOW)
            number = pipe.execute()[0]
    except UNREACHABLE as lost:
        log.warning("starts cannot be counted: %s", lost)
        return
    if number > limit:
        raise TooManyStarts(limit=limit, retry_after=WINDOW - now % WINDOW)


def first_in(name: str, seconds: float) -> bool:
    """Is this the first call by that name within a period of so many seconds, in any process? When Redis cannot be
    asked: yes.

    The period is part of the key. A key that merely expires would live on for an hour when the clock of Redis is set
    back by one."""
    period = int(time.time() / seconds) if seconds else time.time_ns()
    try:
        with COUNTS.asked():
            key = f"petiole:first:{name}:{period}"
            return bool(_client().set(key, 1, nx=True, px=max(1000, int(2000 * seconds))))
    except UNREACHABLE as lost:
        log.warning("%s is done without asking who else does it: %s", name, lost)
        return True

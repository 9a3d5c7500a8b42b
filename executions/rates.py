"""How often a user may start runs: a window of one minute, counted in Redis (PETIOLE_STARTS_PER_MINUTE)."""

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

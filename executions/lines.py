"""Lines to the servers that carry hints and counts: one that does not answer is left alone for a moment.

What cannot be said meanwhile is left to the sweep. So a server that is gone, or that keeps its callers waiting, costs
a process one time-out in PAUSE seconds, however many messages it wants to send."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from amqp.exceptions import AMQPError
from kombu.exceptions import BatchPublishError  # type: ignore[attr-defined]  # not in the stubs
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

PAUSE: Final = 2.0
LONGEST_TRY: Final = 10.0


class NotAsked(BrokerError):
    """The server did not answer a moment ago."""


# What a caller has to expect: errors of the transports, of Redis itself, of sockets.
UNREACHABLE: Final = (BrokerError, BatchPublishError, RedisError, AMQPError, OSError)


class Line:
    """The line to one server, as this process knows it."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._closed_until = 0.0  # 0: the last one who asked was answered
        self._lock = threading.Lock()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Around everything that is asked of the server. Raises NotAsked, or what went wrong (UNREACHABLE)."""
        self._enter()
        try:
            yield
        except UNREACHABLE:
            self._closed_until = time.monotonic() + PAUSE
            raise
        self._closed_until = 0.0

    def _enter(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now < self._closed_until:
                raise NotAsked(f"{self.server} did not answer a moment ago")
            if self._closed_until:  # one tries, the others go by what it finds
                self._closed_until = now + LONGEST_TRY


MESSAGES: Final = Line("the broker")
COUNTS: Final = Line("Redis")

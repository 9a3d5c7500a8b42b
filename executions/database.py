"""What depends on which database is used: how writes begin, how a lost connection is repaired."""

import functools
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

# SQLite has one writer: more than a few in line only time out (measured: 4).
_GATE: Final = threading.BoundedSemaphore(4)
TRIES: Final = 5


@contextmanager
def write() -> Iterator[None]:
    """One transaction that writes. On SQLite at most four of a process are in line at once."""
    gated = connection.vendor == "sqlite" and not connection.in_atomic_block
    if gated:
        _GATE.acquire()
    try:
        with transaction.atomic():
            yield
    finally:
        if gated:
            _GATE.release()


def repeated(step: Callable[P, R]) -> Callable[P, R]:
    """Repeat a step that lost its connection: a dead one that is kept would fail every later task as well.

    Only whole steps outside a transaction may be wrapped: each is either committed or not at all."""

    @functools.wraps(step)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        for left in reversed(range(TRIES)):
            try:
                return step(*args, **kwargs)
            except (OperationalError, InterfaceError) as lost:
                if connection.in_atomic_block or not left:
                    raise
                log.warning("%s: %s: once more", step.__name__, lost)
                renew()
                time.sleep(random.uniform(0.5, 1.0) * 0.1 * 2 ** (TRIES - left))
        raise AssertionError("unreachable")

    return guarded


def renew() -> None:
    """The next statement gets a connection that lives. Those of a pool are mostly lost together, and every further
    try would only meet the next dead one."""
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.pool.check()  # type: ignore[attr-defined]  # of the PostgreSQL backend


def release() -> None:
    """Give a pooled connection back while nothing is asked of the database; other connections stay open."""
    if connection.settings_dict["OPTIONS"].get("pool") and not connection.in_atomic_block:
        connection.close()

"""Does the broker answer? Asked while somebody looks at a run, so the answer comes soon and is kept for a moment."""

import threading
import time
from typing import Final

from celery import current_app

from executions.lines import UNREACHABLE

PATIENCE: Final = 1.0
KEPT: Final = 3.0

_LOCK: Final = threading.Lock()
_seen: list[tuple[float, str]] = []


def broker_problem() -> str:
    """What is wrong with the broker, or nothing. Several who ask at once share one question."""
    with _LOCK:
        if not _seen or time.monotonic() - _seen[0][0] > KEPT:
            problem = _ask()
            _seen[:] = [(time.monotonic(), problem)]
        return _seen[0][1]


def forget() -> None:
    """The next question goes to the broker."""
    with _LOCK:
        _seen.clear()


def _ask() -> str:
    """One connection, without the patience of kombu's own retries."""
    options = dict(current_app.conf.broker_transport_options)
    options |= {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    connection = current_app.connection_for_write(connect_timeout=PATIENCE, transport_options=options)
    transport = connection.transport
    lost: tuple[type[BaseException], ...] = (*UNREACHABLE, *connection.connection_errors)
    try:
        transport.close_connection(transport.establish_connection())
    except lost as wrong:
        return str(wrong).strip().partition("\n")[0] or type(wrong).__name__
    return ""

"""The thread that ticks in a worker's main process, so that schedules fire at their time with or without beat, and
however long the queue is."""

import logging
import threading
from typing import Any, Final

from celery import bootsteps, signals
from django.db import connection

from executions.database import release, renew
from executions.forking import Unforked
from scheduling import ticking

log = logging.getLogger(__name__)

AFTER_FAILURE_SECONDS: Final = 1.0
EXIT_SECONDS: Final = 5.0
_unforked: Final = Unforked()
_tickers: Final[list["Ticker"]] = []  # one, in a worker


class Ticker(threading.Thread):
    """`forks`: its process has a pool of processes, which must not inherit a connection."""

    def __init__(self, *, forks: bool) -> None:
        super().__init__(name="petiole-ticker", daemon=True)
        self._forks = forks
        self._over = threading.Event()

    def run(self) -> None:
        seconds = 0.0
        while not self._over.wait(seconds):
            seconds = self._tick()

    def _tick(self) -> float:
        with _unforked:
            try:
                return ticking.tick()
            except Exception:  # the thread must not end before its process
                log.exception("the tick failed")
                renew()  # a dead connection that is kept would fail the next one as well
                return AFTER_FAILURE_SECONDS
            finally:
                connection.close() if self._forks else release()

    def end(self) -> None:
        self._over.set()
        if self.is_alive():
            self.join(EXIT_SECONDS)


class TickerStep(bootsteps.StartStopStep):
    """Only where chores are done: a worker that takes messages from the queue `engine`."""

    requires = ("executions.workers:HeartbeatStep",)

    def start(self, worker: Any) -> None:
        if "engine" in worker.app.amqp.queues.consume_from:
            _tickers[:] = [Ticker(forks="prefork" in worker.pool_cls.__module__)]
            _tickers[0].start()


@signals.worker_shutting_down.connect
def _begin_to_end(**_: Any) -> None:
    """In a signal handler: only a flag is set. A worker that ends starts nothing new."""
    for ticker in _tickers:
        ticker._over.set()


@signals.worker_shutdown.connect
def _end(**_: Any) -> None:
    for ticker in _tickers:
        ticker.end()

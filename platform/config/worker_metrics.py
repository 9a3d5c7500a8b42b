"""What a worker counts, its pool processes included, and the page on which it shows it (PETIOLE_METRICS_PORT)."""

import logging
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

from celery import signals
from django.conf import settings
from django.db import connections

from executions import metrics

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 5.0


def folder() -> Path | None:
    """Where it counts: in the folder that several processes share, else in one for its port, which needs to last no
    longer than the machine; None when nobody would see the numbers."""
    if settings.METRICS_FOLDER is not None:
        return Path(settings.METRICS_FOLDER)
    if settings.METRICS_PORT:
        return Path(tempfile.gettempdir()) / f"petiole-{os.getuid()}-metrics-{settings.METRICS_PORT}"
    return None


class Page:
    """The state of one worker's main process; its pool processes have a copy of it."""

    def __init__(self, pool: str, shown: Any) -> None:
        self.pool = pool
        self.shown = shown

    def collect(self) -> list[Any]:
        try:
            return list(self.shown.collect())
        finally:
            connections.close_all()  # every request has a thread of its own

    def serve(self) -> None:
        """Wait for the port: during a rolling restart the worker before this one may still have it."""
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        said = False
        while True:
            try:
                server, _ = start_http_server(settings.METRICS_PORT, settings.METRICS_HOST, registry)
            except OSError as taken:
                if not said:
                    log.warning("port %s for metrics is not free yet: %s", settings.METRICS_PORT, taken)
                said = True
                time.sleep(PATIENCE_SECONDS)
            else:
                os.register_at_fork(after_in_child=server.socket.close)
                return


_pages: Final[list[Page]] = []


@signals.worker_init.connect
def _begin(sender: Any, **_: Any) -> None:
    kept = folder()
    if kept is None:
        return
    from config.metrics import ActiveRuns, share

    shown = share(kept, ActiveRuns())
    if shown is not None:
        _pages[:] = [Page(_name(sender.pool_cls), shown)]
        signals.worker_process_init.connect(_own_slot)
        signals.worker_ready.connect(_show)
        signals.worker_shutting_down.connect(_drain)
        signals.task_prerun.connect(_one_more)
        signals.task_postrun.connect(_one_less)


def _name(pool: Any) -> str:
    """`prefork`, `threads`, `solo`: a word before the pool is made, a class after it."""
    name = pool if isinstance(pool, str) else str(pool.__module__).rpartition(".")[2]
    return "threads" if name == "thread" else name


def _own_slot(**_: Any) -> None:
    from config.metrics import own_slot

    own_slot[0].take()


def _show(sender: Any, **_: Any) -> None:
    page = _pages[0]
    metrics.put(metrics.SLOTS, page.pool, sender.pool.num_processes)
    metrics.put(metrics.DRAINING, page.pool, 0)
    if settings.METRICS_PORT:
        threading.Thread(target=page.serve, name="petiole-metrics", daemon=True).start()


def _drain(**_: Any) -> None:
    """Sent from inside a signal handler, which may have interrupted somebody who counts: a thread waits for him."""
    threading.Thread(target=metrics.put, args=(metrics.DRAINING, _pages[0].pool, 1)).start()


def _one_more(**_: Any) -> None:
    metrics.count(metrics.BUSY, _pages[0].pool)


def _one_less(**_: Any) -> None:
    metrics.count(metrics.BUSY, _pages[0].pool, -1)

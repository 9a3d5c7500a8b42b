"""One thread per process that looks after the attempts running there.

Every tick it commits outputs that have waited long enough and ends attempts that are out of time; every few seconds
it asks the database which of them were stopped, so that a stop needs no broker."""

import contextvars
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection

from executions.database import release
from executions.engine.running import ATTEMPTS, Attempt
from executions.models import NodeExecution

log = logging.getLogger(__name__)

WATCH_SECONDS: Final = 2.0


@dataclass
class _Watched:
    attempt: Attempt
    flush: Callable[[], None]
    context: contextvars.Context  # so that lines of the log say whom they are about


class Pulse:
    def __init__(self) -> None:
        self.watched: dict[UUID, _Watched] = {}
        self._awake = threading.Event()
        self._pid = 0
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def watch(self, attempt: Attempt, flush: Callable[[], None]) -> None:
        """`flush` is called again and again until `forget`; it decides itself whether anything is due."""
        self._start()
        ATTEMPTS[attempt.execution_id] = attempt
        self.watched[attempt.execution_id] = _Watched(attempt, flush, contextvars.copy_context())
        if not self._awake.is_set():
            self._awake.set()

    def forget(self, attempt: Attempt) -> None:
        """An attempt that was given up may end after another one at the same execution has begun here."""
        watched = self.watched.get(attempt.execution_id)
        if watched is not None and watched.attempt is attempt:
            del self.watched[attempt.execution_id]
        if ATTEMPTS.get(attempt.execution_id) is attempt:
            del ATTEMPTS[attempt.execution_id]

    def _start(self) -> None:
        if self._pid == os.getpid() and self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if self._pid != os.getpid() or self._thread is None or not self._thread.is_alive():
                self._pid = os.getpid()  # a thread does not survive a fork
                self._thread = threading.Thread(target=self._beat, name="petiole-pulse", daemon=True)
                self._thread.start()

    def _beat(self) -> None:
        next_watch = time.monotonic() + WATCH_SECONDS
        while True:
            if not self.watched:
                self._awake.clear()
                if not self.watched:  # nothing came between the look and the clear
                    connection.close()
                    self._awake.wait()
            time.sleep(settings.FLUSH_SECONDS)
            now = time.monotonic()
            for one in list(self.watched.values()):
                one.context.run(self._tend, one, now)
            if now >= next_watch:
                self._watch_stops()
                next_watch = now + WATCH_SECONDS

    def _tend(self, one: _Watched, now: float) -> None:
        try:
            if one.attempt.deadline is not None and now >= one.attempt.deadline:
                one.attempt.time_out()
            one.flush()
        except Exception:  # one attempt's trouble is not the others'
            log.exception("cannot look after node execution %s", one.attempt.execution_id)

    def _watch_stops(self) -> None:
        """An attempt whose run is being stopped, or whose claim is gone, has no business to go on."""
        attempts = {watched.attempt.execution_id: watched.attempt for watched in list(self.watched.values())}
        if not attempts:
            return
        try:
            mine = NodeExecution.objects.filter(pk__in=attempts).values_list(
                "pk", "claim_token", "run__stop_requested_at", "run__root__stop_requested_at"
            )
            for pk, token, stopped, root_stopped in list(mine):
                if stopped or root_stopped or token != attempts[pk].token:
                    attempts[pk].cancel()
        except Exception:  # the thread must not end before its process
            log.exception("cannot ask for stops")
            connection.close()
        finally:
            release()


PULSE: Final = Pulse()

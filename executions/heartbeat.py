"""The thread by which a worker's main process says that it lives and what it holds, and hears of others (design 3.3).

Every beat it renews its row, takes back what its own tasks have left RUNNING, and what workers hold that are gone.
It beats at once when a process of its pool dies."""

import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import running
from executions.engine.takeback import take_back, take_back_orphans
from executions.forking import Unforked
from executions.liveness import FailureDetector, LoopWatch, has_ended, pool_process_has_ended
from executions.models import NodeExecution, Worker
from executions.poolwork import FenceWatch
from executions.publishing import task_id
from executions.schema import Watch
from executions.sweeping import bury
from executions.waiting.broker import broker_problem

log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 3.0
EXIT_SECONDS: Final = 5.0  # what was given back may not keep the process any longer
REMEMBERED: Final = timedelta(days=1)
ENDED = "its task ended without a result"
KILLED = "its process was killed"
_unforked: Final = Unforked()


class Heartbeat(threading.Thread):
    """`worker`: the unsaved row. `received`: ids of the tasks that Celery has given to this process and not ended.
    `queues`: those that it takes messages from now; they may be changed while it runs."""

    def __init__(self, worker: Worker, received: Callable[[], set[str]], queues: Callable[[], list[str]]) -> None:
        super().__init__(name="petiole-heartbeat", daemon=True)
        self.worker = worker
        self.draining_at: datetime | None = None
        self.given_back = False
        self._received = received
        self._queues = queues
        self._period = min(BEAT_SECONDS, settings.TAKEBACK_SECONDS / 5)
        self._detector = FailureDetector(settings.TAKEBACK_SECONDS * 2 / 3)
        self._killed: list[tuple[str, str]] = []  # (task, holder)
        self._fences = FenceWatch()
        self._suspects: dict[UUID, tuple[UUID, float]] = {}  # node execution → (its claim, since when)
        self._deadline = float("inf")
        self.loop = LoopWatch(settings.TAKEBACK_SECONDS * 4)
        self._tables = Watch()
        self._calls: queue.SimpleQueue[None] = queue.SimpleQueue()  # a signal handler may put, too
        self._over = False

    def begin(self) -> None:
        """The row is there when this returns, unless the database is not."""
        self._guarded(self._beat)
        self.start()

    def run(self) -> None:
        while not self._over:
            with suppress(queue.Empty):
                self._calls.get(timeout=max(0.0, min(self._period, self._deadline - time.monotonic())))
            if time.monotonic() >= self._deadline:
                self._guarded(self._give_back)
            elif not self._over:
                self._guarded(self._beat)

    def killed(self, task: str, holder: str) -> None:
        """A process of the pool has died in the middle of a task."""
        self._killed.append((task, holder))
        self._calls.put(None)

    def drain(self, seconds: float) -> None:
        """The worker was told to end: what still runs in so many seconds is given back. Called by a signal handler."""
        if self.draining_at is None:
            self.draining_at = timezone.now()
            self._deadline = time.monotonic() + seconds
            self._calls.put(None)

    def end(self) -> None:
        """The pool has ended: whatever is still held will never be finished here."""
        self._over = True
        self._calls.put(None)
        self.join(EXIT_SECONDS)
        self._guarded(self._leave)

    def _guarded(self, do: Callable[[], None]) -> None:
        with _unforked:
            try:
                try:
                    do()
                finally:
                    connection.close()  # a process that is forked from this one must not inherit it
            except Exception:  # the thread must not end before its process: the next beat tries again
                log.exception("the heartbeat of %s failed", self.worker.name)

    def _beat(self) -> None:
        if problem := self._tables.problem():
            log.critical("this worker ends: %s", problem)
            os.kill(os.getpid(), signal.SIGTERM)
        if self.draining_at is None and self.loop.stands_still(broker_problem):
            log.critical("this worker ends: its main loop has stood still for %g s", self.loop.patience)
            self.drain(0)
        received = self._received()  # read before the rows: a task that begins meanwhile is none that ended
        self._renew(sorted(received))
        self._take_back_own(received)
        self._watch_others()

    @repeated
    def _renew(self, holding: list[str]) -> None:
        now = timezone.now()
        self.worker.beats += 1  # another number also where the row is gone and made anew
        said = {
            "seen_at": now,
            "holding": holding,
            "queues": self._queues(),
            "draining_at": self.draining_at,
            "gone_at": None,
        }
        crash_point("heartbeat.begun")
        with write():
            mine = Worker.objects.filter(pk=self.worker.pk)
            if mine.update(beats=F("beats") + 1, **said):
                return
            for name, value in said.items():
                setattr(self.worker, name, value)
            self.worker.started_at = now
            self.worker.save(force_insert=True)
            crash_point("heartbeat.inserted")
            Worker.objects.filter(gone_at__lt=now - REMEMBERED).delete()

    def _take_back_own(self, received: set[str]) -> None:
        """Held here according to its row, and by a process that has died, of which Celery tells seconds later, or by
        none of the tasks that run here: seen twice, a beat apart."""
        killed, self._killed = self._killed, []
        now, suspects = time.monotonic(), {}
        held = list(NodeExecution.objects.held_by(self.worker.pk).only("pk", "dispatch", "claim_token", "holder"))
        for one in held:
            assert one.claim_token is not None
            task = task_id(one.pk, one.dispatch)
            if (task, one.holder) in killed or pool_process_has_ended(one.holder):
                self._take_back(one.pk, one.claim_token, KILLED)
            elif task not in received:
                claim, since = self._suspects.get(one.pk, (None, now))
                suspects[one.pk] = (one.claim_token, since if claim == one.claim_token else now)
                if now - suspects[one.pk][1] >= self._period * 0.9:
                    self._take_back(one.pk, one.claim_token, ENDED)
        self._suspects = suspects
        self._fences.look({task_id(one.pk, one.dispatch) for one in held})

    def _take_back(self, execution_id: UUID, token: UUID, why: str) -> None:
        take_back(NodeExecution.objects.held(execution_id, token), why)

    def _watch_others(self) -> None:
        others = list(Worker.objects.filter(gone_at=None).exclude(pk=self.worker.pk))
        silent = self._detector.silent(others, time.monotonic())
        for worker in others:
            ended = has_ended(worker) or self._is_former_self(worker)
            if (ended or worker in silent) and bury(worker):
                log.warning("worker %s is gone: %s", worker, "its process has ended" if ended else "it fell silent")
        take_back_orphans()

    def _is_former_self(self, worker: Worker) -> bool:
        """A container that is started again gives the same process id to the next worker."""
        mine, its = ((one.place, one.host, one.pid) for one in (self.worker, worker))
        return bool(worker.place) and mine == its

    def _give_back(self) -> None:
        """The time to finish is over: what runs goes on elsewhere. The block is not to blame, so it does not count."""
        if self.given_back:
            os._exit(os.EX_OK)
        self.given_back = True
        self._deadline = time.monotonic() + EXIT_SECONDS
        mine = NodeExecution.objects.held_by(self.worker.pk)
        while take_back(mine, "its worker was told to end", counted=False):
            pass
        running.cancel(list(running.ATTEMPTS))
        os.kill(os.getpid(), signal.SIGQUIT)

    def _leave(self) -> None:
        while take_back(NodeExecution.objects.held_by(self.worker.pk), "its worker has ended", counted=False):
            pass
        Worker.objects.filter(pk=self.worker.pk).update(gone_at=timezone.now())

"""Which workers are gone. No clocks are compared: neither those of two machines nor one before and after a jump."""

import os
import socket
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from django.utils import timezone

from executions.crashpoints import crash_point
from executions.database import repeated
from executions.models import Worker
from executions.publishing import PROCESS

BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
NAMESPACE: Final = Path("/proc/self/ns/pid")


@cache
def place() -> str:
    """Boot and process namespace: two processes with equal places and ids are one. Empty where nothing tells."""
    try:
        return f"{BOOT.read_text().strip()} {NAMESPACE.readlink()}"
    except OSError:
        return ""


def has_ended(worker: Worker) -> bool:
    """Its process is known to have ended. False also when that cannot be known from here."""
    if not place() or (worker.place, worker.host) != (place(), socket.gethostname()):
        return False
    return _is_gone(worker.pid)


def pool_process_has_ended(holder: str | None) -> bool:
    """`holder`: the name of who holds something, of this machine. False for all but processes of a prefork pool."""
    pid = (holder or "").removeprefix(PROCESS).partition(" ")[0]
    return pid.isdecimal() and _is_gone(int(pid))


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # somebody else's process
        return False
    return False


@repeated
def mark_gone(worker: Worker) -> bool:
    """Unless its row has been renewed since it was read."""
    unchanged = Worker.objects.filter(pk=worker.pk, beats=worker.beats, gone_at=None)
    crash_point("bury.begun")
    return bool(unchanged.update(gone_at=timezone.now()))


class FailureDetector:
    """Tells from the rows of the other workers, read again and again, which of them have fallen silent.

    A row that has not changed for `silence` seconds of this process's own steady clock belongs to a worker that is
    gone. After more than `silence` / 2 seconds without a look everything is learned anew: who was silent then was this
    process, or the database."""

    def __init__(self, silence: float) -> None:
        self.silence = silence
        self._seen: dict[UUID, tuple[int, float]] = {}  # worker → (its beats, since when)
        self._looked = float("-inf")

    def silent(self, workers: Iterable[Worker], now: float) -> list[Worker]:
        """Those of `workers` that are gone at `now` (seconds, monotonic)."""
        before = self._seen if now - self._looked <= self.silence / 2 else {}
        self._looked, self._seen = now, {}
        gone = []
        for worker in workers:
            beats, since = before.get(worker.pk, (-1, now))
            self._seen[worker.pk] = (worker.beats, since if beats == worker.beats else now)
            if now - self._seen[worker.pk][1] >= self.silence:
                gone.append(worker)
        return gone


class LoopWatch:
    """Notices that the main loop of this process, by which it takes messages, stands still.

    The time during which the loop has a reason (its broker does not answer) does not count, nor does a time in which
    nobody looked: then the whole process stood still."""

    def __init__(self, patience: float) -> None:
        self.patience = patience  # seconds; longer than Celery's longest pause between two tries to connect: 30
        self._moved = self._looked = time.monotonic()

    def moves(self) -> None:
        """Called by a timer of the loop itself."""
        self._moved = time.monotonic()

    def stands_still(self, has_reason: Callable[[], object]) -> bool:
        before, self._looked = self._looked, time.monotonic()
        if self._looked - before > self.patience / 2:
            self.moves()
        still = self._looked - self._moved
        if still > self.patience / 2 and has_reason():
            self.moves()
            return False
        return still > self.patience

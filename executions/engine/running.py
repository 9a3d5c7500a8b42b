"""The attempts that this process runs now, and how each is interrupted.

A synchronous block on the main thread of a pool process is interrupted by SIGUSR1: Celery's own soft time limit will
not do, because a block's `except Exception` swallows it and it can hit our commit or an idle process. Our handler
raises `Cancelled`, a BaseException, and only while a block's own code runs."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final
from uuid import UUID


class Cancelled(BaseException):
    """The block is to end now; it is no `Exception`, so that no block swallows it by accident."""


class Attempt:
    """One running block: who it is, until when, and how it is told to end."""

    def __init__(self, execution_id: UUID, token: UUID, timeout: float | None) -> None:
        self.execution_id = execution_id
        self.token = token
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.timed_out = False
        self.interruptible = False
        self._asked = False  # no Event: a signal may interrupt the one that is setting it
        self.thread = threading.get_ident()
        self.also: Callable[[], None] | None = None  # how an asynchronous block is told

    def cancelled(self) -> bool:
        """What a cooperative block asks through its context."""
        return self._asked

    def cancel(self) -> None:
        """From any thread."""
        self._asked = True
        if self.also is not None:
            self.also()
        elif self._on_main_thread() and self.interruptible:
            os.kill(os.getpid(), signal.SIGUSR1)

    def time_out(self) -> None:
        self.timed_out = True
        self.deadline = time.monotonic() + 1  # and again, should the block have swallowed it
        self.cancel()

    @contextmanager
    def block_code(self) -> Iterator[None]:
        """Inside, and only inside, an interruption is raised; one that came earlier is raised at once."""
        self.interruptible = True
        try:
            if self._asked:
                raise Cancelled
            yield
        finally:
            self.interruptible = False

    def _on_main_thread(self) -> bool:
        return self.thread == threading.main_thread().ident

    def interrupt(self) -> None:
        """SIGUSR1 has come, on the main thread."""
        self._asked = True
        if self.also is not None:
            self.also()
        elif self.interruptible:
            raise Cancelled


# execution id → its attempt; a process has one attempt per thread.
ATTEMPTS: Final[dict[UUID, Attempt]] = {}


def cancel(execution_ids: list[UUID]) -> list[UUID]:
    """Tell those of the executions that run here; the ones that were found."""
    found = [ATTEMPTS[execution_id] for execution_id in execution_ids if execution_id in ATTEMPTS]
    for attempt in found:
        attempt.cancel()
    return [attempt.execution_id for attempt in found]


def _on_signal(number: int, frame: FrameType | None) -> None:
    main = threading.main_thread().ident
    for attempt in list(ATTEMPTS.values()):
        if attempt.thread == main:
            attempt.interrupt()


def listen() -> None:
    """Before a block is called: the pool has put a handler of its own there, for soft time limits."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGUSR1, _on_signal)

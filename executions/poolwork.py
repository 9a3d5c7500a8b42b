"""What the processes of this worker's pool are at work on, and how one is ended that no signal reaches.

Celery forgets a task with the first signal that it was asked to send to its process (revoke with terminate): it cannot
be asked for a second, harder one."""

import logging
import os
import signal
import time
from collections.abc import Container, Iterable
from contextlib import suppress
from typing import Any, Final
from weakref import WeakValueDictionary

log = logging.getLogger(__name__)

# Longer than a process waits for a broker that is away, after it has committed the end of its node.
FENCED_SECONDS: Final = 30.0

# Task id → its request, which exists as long as its job in the pool does. In the main process only.
AT_WORK: Final[WeakValueDictionary[str, Any]] = WeakValueDictionary()


def kill(tasks: Iterable[str]) -> list[str]:
    """SIGKILL for the processes that are at work on these tasks; the tasks whose process was here."""
    killed = []
    for task in tasks:
        request = AT_WORK.get(task)
        if request is not None:
            with suppress(ProcessLookupError):
                os.kill(request.worker_pid, signal.SIGKILL)
                killed.append(task)
    return killed


class FenceWatch:
    """Ends processes that go on with an execution that is theirs no more: a kill may have been lost with the broker."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def look(self, held: Container[str]) -> list[str]:
        """`held`: the tasks whose executions this worker holds. Those whose processes were ended."""
        now = time.monotonic()
        self._since = {task: self._since.get(task, now) for task in list(AT_WORK) if task not in held}
        killed = kill(task for task, since in self._since.items() if now - since >= FENCED_SECONDS)
        for task in killed:
            log.warning("the process of task %s is killed: it goes on although its node was taken from it", task)
        return killed

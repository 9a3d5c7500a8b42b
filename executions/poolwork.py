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

# Process id → the request that it has accepted last: a process has one at a time, and what it accepts says that it is
# done with the one before, whoever may still know of that. In the worker's main process only.
AT_WORK: Final[WeakValueDictionary[int, Any]] = WeakValueDictionary()


def accepted(request: Any) -> None:
    AT_WORK[request.worker_pid] = request


def ended(request: Any) -> None:
    """Its failure keeps what it was about alive, for as long as somebody looks at the traceback."""
    if request in AT_WORK.values():
        del AT_WORK[request.worker_pid]


def tasks() -> set[str]:
    return {request.id for request in list(AT_WORK.values())}


def kill(task_ids: Iterable[str]) -> list[str]:
    """SIGKILL for the processes that are at work on these tasks; the tasks whose process was here."""
    wanted, killed = set(task_ids), []
    for process, request in list(AT_WORK.items()):
        if request.id in wanted:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
                killed.append(request.id)
    return killed


class FenceWatch:
    """Ends processes that go on with an execution that is theirs no more: a kill may have been lost with the broker."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def look(self, held: Container[str]) -> list[str]:
        """`held`: the tasks whose executions this worker holds. Those whose processes were ended."""
        now = time.monotonic()
        self._since = {task: self._since.get(task, now) for task in tasks() if task not in held}
        killed = kill(task for task, since in self._since.items() if now - since >= FENCED_SECONDS)
        for task in killed:
            log.warning("the process of task %s is killed: it goes on although its node was taken from it", task)
        return killed

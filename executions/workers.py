"""What a Celery worker process of ours needs: its heartbeat, signals, the control command for stops."""

import os
import socket
import threading
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from celery import bootsteps, current_app, signals
from celery.worker import state
from celery.worker.control import control_command
from celery.worker.request import Request
from django.conf import settings
from django.db import connections

from executions import poolwork
from executions.database import release
from executions.engine import running
from executions.engine.claim import Holder
from executions.heartbeat import Heartbeat
from executions.liveness import place
from executions.models import Worker
from executions.publishing import PROCESS

_in_pool_process = threading.Event()
_heartbeats: Final[list[Heartbeat]] = []  # one, in a worker


class HeartbeatStep(bootsteps.StartStopStep):
    """The heartbeat begins when the pool is there and before messages are taken; `worker_shutdown` ends it."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **_: Any) -> None:
        super().__init__(worker)
        row = Worker(
            name=worker.hostname, host=socket.gethostname(), place=place(), pid=os.getpid(), size=worker.concurrency
        )
        _heartbeats[:] = [Heartbeat(row, _received, _queues)]  # before the pool is forked: its processes inherit the id

    def start(self, worker: Any) -> None:
        row = _heartbeats[0].worker
        row.pool = worker.pool_cls.__module__.rpartition(".")[2]
        _heartbeats[0].begin()
        worker.timer.call_repeatedly(1.0, _heartbeats[0].loop.moves)


def _received() -> set[str]:
    """The set is Celery's own and changes under way: then it is read once more. It lacks what was revoked and goes on
    all the same, because it does not listen: that has not ended."""
    while True:
        with suppress(RuntimeError):
            return {request.id for request in tuple(state.reserved_requests)} | poolwork.tasks()


def _queues() -> list[str]:
    """`celery control cancel_consumer` and `add_consumer` change them."""
    return sorted(current_app.amqp.queues.consume_from)


def holder() -> Holder:
    """Who holds what is claimed in this process."""
    kind = PROCESS if _in_pool_process.is_set() else "threads of process "
    worker = _heartbeats[0].worker.pk if _heartbeats else None
    return Holder(f"{kind}{os.getpid()} on {socket.gethostname()}", worker)


def is_draining() -> bool:
    """This process was told to end: what it has received and not begun goes back to the broker."""
    return bool(_heartbeats) and _heartbeats[0].draining_at is not None


class NodeRequest(Request):
    """A message of run_node in the worker's main process, which is the first to hear what becomes of pool processes."""

    def on_accepted(self, pid: Any, time_accepted: Any) -> None:
        super().on_accepted(pid, time_accepted)
        if pid != os.getpid():
            poolwork.accepted(self)

    def on_failure(self, exc_info: Any, *how: Any, **also: Any) -> None:
        try:
            super().on_failure(exc_info, *how, **also)
        finally:
            poolwork.ended(self)
            if _heartbeats and self.worker_pid:
                _heartbeats[0].killed(self.id, f"{PROCESS}{self.worker_pid} on {socket.gethostname()}")


@signals.worker_shutting_down.connect
def _drain(how: str, **_: Any) -> None:
    """Called inside the signal handler. The time to finish runs from the first signal on, whatever follows."""
    for heartbeat in _heartbeats:
        heartbeat.drain(settings.SHUTDOWN_SECONDS if how == "Warm" else 0.0)
    current_app.conf.worker_soft_shutdown_timeout = 0


@signals.worker_shutdown.connect
def _end_heartbeat(**_: Any) -> None:
    for heartbeat in _heartbeats:
        heartbeat.end()


@signals.worker_process_init.connect
def _begin_pool_process(**_: Any) -> None:
    """A forked process of a prefork pool: connections of the parent are not its own."""
    _in_pool_process.set()
    for connection in connections.all(initialized_only=True):
        connection.close()


@signals.task_postrun.connect
def _give_connection_back(**_: Any) -> None:
    """Whatever the task was: an idle thread keeps no connection of the pool."""
    release()


@control_command(args=[("execution_ids", list)], signature="ids")
def cancel_nodes(state: Any, execution_ids: list[str]) -> dict[str, list[str]]:
    """Blocks on threads and event loops of this process are told to end."""
    return {"ok": [str(one) for one in running.cancel([UUID(text) for text in execution_ids])]}


@control_command(args=[("task_ids", list)], signature="ids")
def kill_nodes(state: Any, task_ids: list[str]) -> dict[str, list[str]]:
    """Processes of this worker's pool that are still at work on these tasks of run_node are killed."""
    return {"ok": poolwork.kill(task_ids)}


@signals.worker_ready.connect
def _sweep_at_start(**_: Any) -> None:
    """What was left lying while no worker ran is taken up at once."""
    current_app.tasks["executions.tasks.sweep"].apply_async(ignore_result=True)

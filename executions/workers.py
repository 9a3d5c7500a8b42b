"""What a Celery worker process of ours needs: signals, the control command for stops, a name for what it holds."""

import os
import socket
import threading
from typing import Any
from uuid import UUID

from celery import current_app, signals
from celery.worker.control import control_command
from django.db import connections

from executions.database import release
from executions.engine import running
from executions.publishing import PROCESS

_in_pool_process = threading.Event()


def holder() -> str:
    """Who holds an execution, for people and for `interrupt`: the kind of pool, the host and the process."""
    kind = PROCESS if _in_pool_process.is_set() else "threads of process "
    return f"{kind}{os.getpid()} on {socket.gethostname()}"


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


@signals.worker_ready.connect
def _sweep_at_start(**_: Any) -> None:
    """What was left lying while no worker ran is taken up at once."""
    current_app.tasks["executions.tasks.sweep"].apply_async(retry=False, ignore_result=True)

"""Celery's doors: ids in, nothing out. Each may be called twice, late or never."""

import logging
from typing import Any, Final
from uuid import UUID

from celery import Task, shared_task, signals
from celery.exceptions import Ignore, Reject
from django.conf import settings
from django.db import DatabaseError

from executions import logfields, poison, publishing, rates, sweeping, workers
from executions.crashpoints import crash_point
from executions.engine import admission, conclusion, epilogue
from executions.engine.attempt import End, attempt
from executions.engine.claim import Ask
from executions.models import GraphExecution, NodeExecution

log = logging.getLogger(__name__)

# The arguments of each task: their names in lines of the log, and what they have to be. A message with others does not
# come as far as here (config.consumer).
_RUN: Final[dict[str, type]] = {"run": UUID}
ARGUMENTS: Final[dict[str, dict[str, type]]] = {
    "executions.tasks.run_node": {
        "node_execution": UUID,
        "dispatch": int,
        "run": UUID,
        "graph_version": UUID,
        "node": UUID,
    },
    "executions.tasks.admit": _RUN,
    "executions.tasks.resume": _RUN,
    "executions.tasks.conclude": _RUN,
    "executions.tasks.advance": _RUN,
    "executions.tasks.wake": {"node_execution": UUID},
    "executions.tasks.sweep": {},
}


@signals.task_prerun.connect
def _say_what_lines_are_about(task: Any, args: Any, **_: Any) -> None:
    logfields.begin(zip(ARGUMENTS.get(task.name, ()), args, strict=False))


@signals.task_postrun.connect
def _forget(**_: Any) -> None:
    logfields.end()


class NodeTask(Task):  # type: ignore[type-arg]  # not subscriptable at run time
    abstract = True
    Request = "executions.workers:NodeRequest"


@shared_task(bind=True, base=NodeTask)
def run_node(
    self: "Task[Any, Any]", execution_id: str, dispatch: int, run_id: str, version_id: str, node_id: str
) -> None:
    """One attempt at a node execution, then its successors (design 3)."""
    if workers.is_draining():
        raise Reject(requeue=True)
    run, version = UUID(run_id), UUID(version_id)
    chord_id = self.request.group if self.request.chord else None

    def publish(ready: list[NodeExecution]) -> None:
        publishing.publish_from_member(ready, run, chord_id)

    node = version, UUID(node_id)
    done = attempt(Ask(UUID(execution_id), dispatch, workers.holder(), chord_id is not None, node), publish)
    if done.end is End.DUPLICATE:
        raise Ignore  # its place in the chord is another message's
    crash_point("run_node.attempted")
    own = done.queue if done.end is End.DONE else ""
    if publishing.publish_from_member(done.ready, run, None if done.outside else chord_id, own=own):
        self.request.chord = None  # its place has a successor
    crash_point("run_node.published")
    try:
        publishing.publish_next(run, done.queue, done.ready)
        if done.end is End.WAITS and chord_id is not None:
            publishing.keep_place(UUID(execution_id), chord_id)
        if chord_id is None or done.end is End.STOPPED:
            conclusion.conclude_if_idle(run)
    except DatabaseError:  # the execution has ended well: a task that raises would break the chord
        log.exception("what follows node execution %s is left to the sweep", execution_id)
    crash_point("run_node.done")


@shared_task
def admit(run_id: str) -> None:
    if not admission.admit(UUID(run_id)):
        poison.unless_exists(GraphExecution, UUID(run_id))


@shared_task
def resume(run_id: str) -> None:
    """A run is no longer paused."""
    sweeping.resumed(UUID(run_id))


@shared_task
def conclude(run_id: str) -> None:
    if conclusion.conclude(UUID(run_id)) is None:
        poison.unknown(GraphExecution, UUID(run_id))


@shared_task
def advance(run_id: str) -> None:
    epilogue.advance(UUID(run_id))


@shared_task
def wake(execution_id: str) -> None:
    """A timer of a suspended execution has run out."""
    if not sweeping.wake_due([UUID(execution_id)]):
        poison.unless_exists(NodeExecution, UUID(execution_id))


@shared_task
def sweep() -> str:
    """Many may be waiting when the queue was long: one in a period is enough."""
    if not rates.first_in("sweep", settings.SWEEP_SECONDS * 0.8):
        return ""
    return str(sweeping.sweep())

"""Celery's doors: ids in, nothing out. Each may be called twice, late or never."""

import logging
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from celery.exceptions import Ignore
from django.conf import settings
from django.db import DatabaseError

from executions import publishing, rates, sweeping, workers
from executions.engine import admission, conclusion
from executions.engine.attempt import End, attempt
from executions.models import NodeExecution

log = logging.getLogger(__name__)


@shared_task(bind=True)
def run_node(self: "Task[Any, Any]", execution_id: str, dispatch: int, run_id: str, version_id: str) -> None:
    """One attempt at a node execution, then its successors (design 3)."""
    run, version = UUID(run_id), UUID(version_id)
    chord_id = self.request.group if self.request.chord else None

    def publish(ready: list[NodeExecution]) -> None:
        publishing.publish_from_member(ready, run, version, chord_id)

    done = attempt(UUID(execution_id), dispatch, workers.holder(), publish, in_chord=chord_id is not None)
    if done.end is End.DUPLICATE:
        raise Ignore  # the live attempt keeps its place in the chord
    publishing.publish_from_member(done.ready, run, version, None if done.outside else chord_id)
    try:
        if done.end is End.WAITS and chord_id is not None:
            publishing.keep_place(UUID(execution_id), chord_id)
        if chord_id is None or done.end is End.STOPPED:
            conclusion.conclude_if_idle(run)
    except DatabaseError:  # the execution has ended well: a task that raises would break the chord
        log.exception("what follows node execution %s is left to the sweep", execution_id)


@shared_task
def admit(run_id: str) -> None:
    admission.admit(UUID(run_id))


@shared_task
def conclude(run_id: str) -> None:
    conclusion.conclude(UUID(run_id))


@shared_task
def advance(run_id: str) -> None:
    conclusion.advance(UUID(run_id))


@shared_task
def wake(execution_id: str) -> None:
    """A timer of a suspended execution has run out."""
    sweeping.wake_due([UUID(execution_id)])


@shared_task
def sweep() -> None:
    """Many may be waiting when the queue was long: one in a period is enough."""
    if rates.first_in("sweep", settings.SWEEP_SECONDS * 0.8):
        sweeping.sweep()

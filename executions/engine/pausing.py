"""Pauses a run with everything below it: nothing new is claimed until it is resumed, blocks that run end as ever.

The mark is on every run of the tree, like that of a stop, and claims look at it. Timers that run out meanwhile go on
waiting. Both verbs are of the topmost run, and may be repeated."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from executions import hints
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine.admission import admit_next
from executions.errors import NotPausable, RunBelow, RunNotFound
from executions.models import GraphExecution, NodeExecution
from executions.states import Status


@repeated
def pause(run_id: UUID) -> None:
    crash_point("pause.begun")
    with write():
        run = _locked(run_id)
        if run.paused_at is not None:
            return
        tree = GraphExecution.objects.filter(root_id=run_id)
        tree.alive().update(paused_at=timezone.now())
        transaction.on_commit(partial(admit_next, run.user_id))  # a paused run takes no slot
        crash_point("pause.before_commit")
    crash_point("pause.after_commit")


@repeated
def resume(run_id: UUID) -> None:
    """What is queued is marked as never sent, so that the sweep sends it if this process cannot."""
    crash_point("resume.begun")
    with write():
        run = _locked(run_id)
        if run.paused_at is None:
            return
        tree = GraphExecution.objects.filter(root_id=run_id)
        tree.filter(paused_at__isnull=False).update(paused_at=None, paused_for=_paused_for(run, run.paused_at))
        crash_point("resume.moved")
        # messages that came meanwhile were refused, and have used up their places in the chord
        queued = NodeExecution.objects.filter(run__in=tree.filter(status=Status.RUNNING), status=Status.QUEUED)
        queued.update(published_at=None, publishes=0, has_place=False)
        transaction.on_commit(partial(_go_on, run))
        crash_point("resume.before_commit")
    crash_point("resume.after_commit")


def _paused_for(run: GraphExecution, since: datetime) -> timedelta:
    """All pauses since the run began."""
    if run.started_at is None:
        return timedelta()
    return run.paused_for + max(timedelta(), timezone.now() - max(since, run.started_at))


def _go_on(run: GraphExecution) -> None:
    if run.status == Status.QUEUED:
        hints.send().admit(run.pk)
    else:
        hints.send().resume(run.pk)


def _locked(run_id: UUID) -> GraphExecution:
    run = GraphExecution.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None:
        raise RunNotFound(run_id)
    if run.parent_id is not None:
        raise RunBelow(run_id, run.root_id)
    if run.is_final:
        raise NotPausable(run_id, f"it has ended {run.status}")
    if run.stop_requested_at is not None:
        raise NotPausable(run_id, "it is being stopped")
    return run

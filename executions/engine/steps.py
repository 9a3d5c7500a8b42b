"""The steps around a run: a column that moves by compare-and-set (states.Step). Who passes one asks for the next.

A step that takes long is taken for a while (`step_due_at`), so that two do not do it side by side; who dies meanwhile
leaves it to the sweep."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from executions import hints, moderation, summaries
from executions.crashpoints import crash_point
from executions.database import repeated
from executions.models import GraphExecution
from executions.querysets import SKEW
from executions.states import STEPS_AROUND, Moderation, Status, Step


def standing_at(step: Step, now: datetime) -> dict[str, Any]:
    """Columns of a run that comes to a step; the clock of whoever takes it may be a little behind."""
    return {"epilogue": step, "step_due_at": now - SKEW if step in STEPS_AROUND else None}


def ask_for(run_id: UUID) -> None:
    """When the transaction is committed, somebody does the step that the run has come to."""
    transaction.on_commit(partial(hints.send().advance, run_id))


@repeated
def taken(run_id: UUID, step: Step, seconds: float) -> GraphExecution | None:
    """The run when the step is ours for so long; None when somebody else is at it, or it was passed."""
    now = timezone.now()
    rows = GraphExecution.objects.filter(pk=run_id, epilogue=step).step_free(now)
    crash_point("step.begun")
    if not rows.update(step_due_at=now + timedelta(seconds=seconds)):
        return None
    crash_point("step.taken")
    return GraphExecution.objects.select_related("graph_version").get(pk=run_id)


def first() -> Step:
    """Of a run that is started, or made runnable again."""
    return Step.CHECK if moderation.enabled() else Step.NONE


def hidden() -> Moderation:
    """Until somebody has judged them outputs are hidden, unless what cannot be judged is let through anyway."""
    return Moderation.PENDING if moderation.enabled() and not settings.MODERATION_FAIL_OPEN else Moderation.NONE


def moderates(run: GraphExecution) -> bool:
    """Whether its outputs are judged before it ends. A run that is stopped, or has failed, ends without: what it has
    put out stays hidden where nothing unjudged is let through."""
    return moderation.enabled() and run.stop_requested_at is None and run.failure is None


def after_the_end(run: GraphExecution, status: Status) -> Step:
    """The first step after the final status. Runs below are part of what is told of the topmost one."""
    if run.parent_id is None and summaries.by_model() and status != Status.TERMINATED:
        return Step.SUMMARISE
    return after_the_summary(run)


def after_the_summary(run: GraphExecution) -> Step:
    return Step.NOTIFY if run.parent_id is None and settings.NOTIFY_RUNS else Step.DONE

"""What follows the end of a run: a summary by a language model, where one is configured, and the news of it."""

import logging
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from executions import poison, summaries
from executions.crashpoints import crash_point
from executions.database import release, repeated, write
from executions.engine import moderating
from executions.engine.steps import after_the_summary, ask_for, standing_at, taken
from executions.models import GraphExecution
from executions.states import Step
from notifications import services as notifications

log = logging.getLogger(__name__)


def advance(run_id: UUID) -> None:
    """The step that is due, once."""
    step = _step_of(run_id)
    if step == Step.CHECK:
        moderating.check(run_id)
    elif step == Step.MODERATE:
        moderating.moderate(run_id)
    elif step == Step.SUMMARISE:
        _summarise(run_id)
    elif step == Step.NOTIFY:
        _notify(run_id)


def hurry(run_id: UUID) -> None:
    """What is to be told of an end is told now, and no summary is waited for."""
    _leave_summary(run_id, None)
    _notify(run_id)


@repeated
def _step_of(run_id: UUID) -> str | None:
    crash_point("advance.begun")
    step = GraphExecution.objects.filter(pk=run_id).values_list("epilogue", flat=True).first()
    if step is None:
        poison.unless_exists(GraphExecution, run_id)
    return step


def _summarise(run_id: UUID) -> None:
    """The run has its status already; whatever goes wrong here is logged, and the sentence that it has stays."""
    if (run := taken(run_id, Step.SUMMARISE, summaries.lease())) is None:
        return
    story = repeated(partial(summaries.story_of, run))()
    release()
    summary = summaries.written_by_model(story)
    crash_point("summarise.written")
    _leave_summary(run_id, summary)


@repeated
def _leave_summary(run_id: UUID, summary: summaries.Summary | None) -> None:
    crash_point("summarise.begun")
    with write():
        run = GraphExecution.objects.select_for_update(no_key=True).get(pk=run_id)
        if run.epilogue != Step.SUMMARISE:
            return
        crash_point("summarise.locked")
        stats = (run.stats or {}) | ({} if summary is None else summary.as_stats())
        following = after_the_summary(run)
        GraphExecution.objects.filter(pk=run_id).update(stats=stats, **standing_at(following, timezone.now()))
        if following is not Step.DONE:
            ask_for(run_id)
        crash_point("summarise.before_commit")
    crash_point("summarise.after_commit")


@repeated
def _notify(run_id: UUID) -> None:
    crash_point("notify.begun")
    with write():
        standing = GraphExecution.objects.filter(pk=run_id, epilogue=Step.NOTIFY)
        if not standing.update(epilogue=Step.DONE, step_due_at=None):
            return
        crash_point("notify.moved")
        run = GraphExecution.objects.select_related("graph_version").get(pk=run_id)
        notifications.record(run.user_id, "AGENT_RUN", _news_of(run), key=f"run:{run.pk}:{run.retries}")
        crash_point("notify.before_commit")
    crash_point("notify.after_commit")


def _news_of(run: GraphExecution) -> dict[str, Any]:
    stats = run.stats or {}
    return {
        "agent_name": run.graph_version.name,
        "graph_id": str(run.graph_version.graph_id),
        "graph_exec_id": str(run.pk),
        "status": run.status,
        "summary": stats.get("activity_status"),
        "credits_used": stats.get("cost", 0),
        "execution_time": stats.get("duration", 0),
        "node_count": stats.get("node_exec_count", 0),
    }

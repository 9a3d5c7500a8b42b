"""The two steps around a run in which its content is judged: before it is admitted, and before its final status.

A judge may take half a minute, so it is asked outside of any transaction, by whoever has taken the step for a while
(`step_due_at`); the verdict counts only when the run still stands at the step. Who dies meanwhile leaves the step to
the sweep."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from executions import hints, moderation
from executions.crashpoints import crash_point
from executions.database import release, repeated, write
from executions.engine import stop
from executions.engine.conclusion import finish_run
from executions.engine.steps import taken
from executions.models import GraphExecution
from executions.moderation import Subject, Verdict, texts
from executions.states import Moderation, Step

log = logging.getLogger(__name__)


def check(run_id: UUID) -> None:
    """The inputs of a run that has not been admitted yet."""
    crash_point("check.begun")
    if (run := taken(run_id, Step.CHECK, moderation.lease())) is None:
        return
    verdict = _judged(run, "input", partial(texts.of_inputs, run))
    crash_point("check.judged")
    if _checked(run_id, verdict):
        stop.carry_out(run_id)


@repeated
def _checked(run_id: UUID, verdict: Verdict) -> bool:
    """True when the run has to end because of it."""
    with write():
        standing = GraphExecution.objects.filter(pk=run_id, epilogue=Step.CHECK, stop_requested_at=None)
        changes = {} if verdict.approved else {"moderation": Moderation.INPUTS}
        if not standing.update(epilogue=Step.NONE, step_due_at=None, published_at=timezone.now(), **changes):
            return False
        crash_point("check.passed")
        if verdict.approved:
            transaction.on_commit(partial(hints.send().admit, run_id))
        else:
            stop.mark_failed(run_id, _reason("input", verdict))
        crash_point("check.before_commit")
    crash_point("check.after_commit")
    return not verdict.approved


def moderate(run_id: UUID) -> None:
    """The outputs of a run in which nothing is outstanding any more; then it ends."""
    crash_point("moderate.begun")
    if (run := taken(run_id, Step.MODERATE, moderation.lease())) is None:
        return
    verdict = _judged(run, "output", partial(texts.of_outputs, run))
    crash_point("moderate.judged")
    _moderated(run_id, verdict)


@repeated
def _moderated(run_id: UUID, verdict: Verdict) -> None:
    with write():
        run = GraphExecution.objects.select_for_update(no_key=True).get(pk=run_id)
        if run.epilogue != Step.MODERATE or run.is_final or run.stop_requested_at is not None:
            return  # stopped meanwhile: that end was written without waiting for us
        crash_point("moderate.locked")
        run.moderation = Moderation.NONE if verdict.approved else Moderation.OUTPUTS
        if not verdict.approved:
            run.failure = _reason("output", verdict)
        GraphExecution.objects.filter(pk=run_id).update(moderation=run.moderation, failure=run.failure)
        finish_run(run)
        crash_point("moderate.before_commit")
    crash_point("moderate.after_commit")


def _judged(run: GraphExecution, kind: str, read: Callable[[], Iterable[str]]) -> Verdict:
    subject = Subject(kind, run.user_id, run.graph_version.graph_id, run.pk)
    found = list(read())
    release()  # the judge may take its time: it needs no connection
    verdict = moderation.judge(subject, found)
    if not verdict.approved:
        log.info("the %s of the run was rejected: %s", kind, verdict.reason or verdict.reference)
    return verdict


def _reason(kind: str, verdict: Verdict) -> str:
    known = f" (moderation id {verdict.reference})" if verdict.reference else ""
    if verdict.reason == "unavailable":
        return f"Failed due to {kind} content moderation: nobody could judge the content, so it is not let through."
    return f"Failed due to {kind} content moderation{known}."

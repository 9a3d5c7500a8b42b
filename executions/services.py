"""What the platform does with runs, said once: every other room that starts or stops one calls these."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from audit import services as audit
from executions import logfields
from executions.database import repeated
from executions.engine import admission, pausing, retry, reviewing, stop, takeback
from executions.engine.conclusion import conclude
from executions.errors import MixedRuns, ReviewNotFound
from executions.models import GraphExecution, NodeExecution, Review, Worker
from graphs.models import GraphVersion


def start(
    *,
    user: User,
    version: GraphVersion,
    inputs: Mapping[str, Any] | None = None,
    credentials_inputs: Mapping[str, Any] | None = None,
    masks: Mapping[str, Mapping[str, Any]] | None = None,
    max_cost: int | None = None,
    preset_id: UUID | None = None,
    run_id: UUID | None = None,
) -> GraphExecution:
    """Start a run; it comes back QUEUED, with `warnings` about inputs that are missing or unknown (D18).

    `max_cost`: credits that it and the runs below it may cost; it ends FAILED before a node that would cost more.
    `run_id`: the id that the run gets; when there is a run of this id already it is returned, and nothing is started.
    Raises NoCredits (402), BudgetRefused, GraphValidationError or GraphInvalid (400); then nothing was stored."""
    order = admission.Order(
        user=user,
        version=version,
        inputs=inputs or {},
        credentials_inputs=credentials_inputs or {},
        masks=masks or {},
        max_cost=max_cost,
        preset_id=preset_id,
        run_id=run_id,
    )
    return admission.start(order)


def stop_run(run: GraphExecution, *, wait: float | None = None) -> GraphExecution:
    """Stop a run and everything below it, and wait up to `wait` seconds (PETIOLE_STOP_WAIT) for its end (D10).

    Returns the run as it is then: TERMINATED, or still RUNNING with `stop_requested_at` when a block takes longer."""
    deadline = time.monotonic() + (settings.STOP_WAIT if wait is None else wait)
    if _reread(run).is_final:
        return run
    with logfields.about(run=run.pk, user=run.user_id):
        if run.stop_requested_at is None:
            _noted("run.stopped", run)
        stop.begin(run.pk)
        pause = 0.02
        while not _ended(run) and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)
    return run


def ask_to_stop(run_ids: Iterable[UUID]) -> None:
    """In the transaction of the caller: nothing more of these runs begins. `stop_run` or the sweep ends them."""
    stop.mark(run_ids)


@repeated
def _noted(action: str, run: GraphExecution) -> None:
    audit.record(action, subject=run, subject_id=run.pk, detail={"owner": str(run.user_id)})


@repeated
def _reread(run: GraphExecution) -> GraphExecution:
    run.refresh_from_db()
    return run


def retry_run(run: GraphExecution) -> GraphExecution:
    """Make what failed or was stopped in an ended run runnable again; it comes back QUEUED (D14).

    Raises NotRetryable or RunBelow (409), GraphNotFound (404), and what `start` raises; then nothing has changed."""
    with logfields.about(run=run.pk, user=run.user_id):
        retry.retry(run.pk)
        _noted("run.retried", run)
    return _reread(run)


def pause_run(run: GraphExecution) -> GraphExecution:
    """Nothing new is started for the run and those below it. Raises NotPausable or RunBelow (409)."""
    pausing.pause(run.pk)
    _noted("run.paused", run)
    return _reread(run)


def resume_run(run: GraphExecution) -> GraphExecution:
    """The run goes on where it was paused. Raises NotPausable or RunBelow (409)."""
    pausing.resume(run.pk)
    _noted("run.resumed", run)
    return _reread(run)


def decide_reviews(*, user: User, answers: Sequence[reviewing.Answer]) -> None:
    """Record what a person decided about reviews of one run; their nodes go on, from REVIEW the run does too.

    Raises ReviewNotFound (404), MixedRuns or NotReviewable (409), DecisionRefused (400); then nothing has changed."""
    wanted = [answer.node_execution_id for answer in answers]
    runs = _asked_in(user, wanted)
    for node_execution_id in wanted:
        if node_execution_id not in runs:
            raise ReviewNotFound(node_execution_id)
    if len(set(runs.values())) > 1:
        raise MixedRuns
    run = runs[wanted[0]]
    with logfields.about(run=run.pk, user=user.pk):
        reviewing.decide(run.pk, answers)
        _noted("review.decided", run)


@repeated
def _asked_in(user: User, node_execution_ids: Sequence[UUID]) -> dict[UUID, GraphExecution]:
    """The run of each of these node executions about which the user was asked."""
    found = Review.objects.of(user.pk).filter(node_execution_id__in=node_execution_ids).select_related("run")
    return {review.node_execution_id: review.run for review in found.defer("payload", "reviewed_data")}


def _ended(run: GraphExecution) -> bool:
    """Conclude the tree from its leaves up; True when the run itself is final."""
    if _reread(run).is_final:
        return True
    tree = stop.close_tree(run.pk)
    stop.after_grace(run.pk, run.stop_requested_at, timezone.now())
    for pk in reversed(tree):
        conclude(pk)
    return _reread(run).is_final


def release_all() -> int:
    """Take back what RUNNING executions were doing; the sweep publishes them at once. Only for who knows that no worker
    lives: the supervisor of an embedded installation, which holds the lock of its state folder."""
    repeated(Worker.objects.filter(gone_at=None).update)(gone_at=timezone.now())
    released = 0
    while taken := takeback.take_back(NodeExecution.objects.running(), "its worker was killed", publish=False):
        released += taken
    return released

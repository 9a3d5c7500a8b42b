"""Takes node executions back from attempts that cannot go on: the process was killed, has ended or fell silent.

The claim token is the fence: an attempt that lives on after all can write nothing any more. What a block has put out
stays, and its next attempt goes on behind it (D13); every loss counts, so that a block that kills its process ends
FAILED instead of killing one process after the other (D15)."""

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

import credentials.services
from executions import hints, logfields, metrics
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import stop
from executions.engine.routing import unclaimed_successors
from executions.engine.waking import calls_beside, wake_caller
from executions.models import GraphExecution, NodeExecution, Worker
from executions.querysets import NodeExecutionQuerySet
from executions.states import Status

log = logging.getLogger(__name__)

BATCH: Final = 500
_OF_A_LOSS: Final = ("run", "mishaps", "stats", "attempt", "worker", "caller")
# The sentences about losses, in the words of petiole_takebacks_total.
REASONS: Final = {
    "its process was killed": "process_killed",
    "its task ended without a result": "task_ended",
    "its worker is gone": "worker_gone",
    "its worker was killed": "worker_gone",
    "its worker was told to end": "told_to_end",
    "its worker has ended": "told_to_end",
    "its process was told to end": "told_to_end",
}


def take_back(held: NodeExecutionQuerySet, why: str, *, counted: bool = True, publish: bool = True) -> int:
    """Requeue the executions, at most BATCH of them; the number of those that were still held.

    `why`: a sentence about the loss. `counted`: it may be the block's doing. `publish`: send messages now, otherwise
    the next sweep does."""
    rows = list(
        held.filter(claim_token__isnull=False).only("pk", "claim_token", "holder", "run", "node", "claimed_at")[:BATCH]
    )
    taken = []
    for row in rows:
        if row.claim_token and take_back_one(row.pk, row.claim_token, why, counted=counted, publish=publish):
            with logfields.about(run=row.run_id, node=row.node_id, node_execution=row.pk):
                log.warning("node execution %s is taken back from %s: %s", row.pk, row.holder, why)
            taken.append(row)
    if publish and taken:
        crash_point("take_back.before_publish")
        hints.publish_ids(row.pk for row in taken)
        hints.send().nodes(later for row in taken for later in _unsent(row))
    return len(taken)


def _unsent(row: NodeExecution) -> list[NodeExecution]:
    """The process may have been lost between a commit of outputs and the messages for what they made ready."""
    return [] if row.claimed_at is None else unclaimed_successors(row.run_id, row.node_id, row.claimed_at)


@repeated
def take_back_one(execution_id: UUID, token: UUID, why: str, *, counted: bool, publish: bool) -> bool:
    """One execution, if this claim still holds it. It keeps its place in the chord, which is not filled."""
    held = NodeExecution.objects.held(execution_id, token)
    crash_point("take_back.begun")
    with write():
        execution = held.select_for_update(no_key=True).only(*_OF_A_LOSS).first()
        if execution is None:
            return False
        run = GraphExecution.objects.only("failure", "stop_requested_at").get(pk=execution.run_id)
        mishaps = execution.mishaps + counted
        if run.stop_requested_at is not None:
            status = Status.TERMINATED if run.failure is None else Status.FAILED
            stop.end(held, status, run.failure or f"Stopped: {why}")
        elif counted and mishaps >= settings.MAX_ATTEMPTS:
            calls_beside(execution)  # locks the caller before what was paid is given back
            stop.end(held, Status.FAILED, f"Its attempts were lost {mishaps} times. The last time: {why}")
            wake_caller(execution)
        else:
            stats = execution.stats | {"last_error": why, "lost": _loss(execution, why)}
            more = {"mishaps": mishaps, "stats": stats, "has_place": F("in_chord")}
            held.requeue(timezone.now(), never_published=not publish, **more)
        credentials.services.release(token)
        metrics.after_commit(metrics.TAKEBACKS, REASONS.get(why, "other"))
        crash_point("take_back.before_commit")
    crash_point("take_back.after_commit")
    return True


def _loss(execution: NodeExecution, why: str) -> dict[str, object]:
    """For whoever claims next, and tells how long it took: since the last sign of life of a worker that is gone."""
    gone = Worker.objects.filter(node_executions=execution.pk, gone_at__isnull=False)
    since = gone.values_list("seen_at", flat=True).first() or timezone.now()
    return {"attempt": execution.attempt, "since": since.isoformat(), "reason": REASONS.get(why, "other")}


def take_back_orphans() -> int:
    """What was held by workers when they were found to be gone, and what is held by none for a while: the living ones
    renew their rows in time. Who claims after its burial lives, and was only slow: to take from it whatever it claims
    would use up the attempts of a node before its next beat."""
    row = Worker.objects.filter(pk=OuterRef("worker"))
    a_while_ago = timezone.now() - timedelta(seconds=settings.TAKEBACK_SECONDS)
    buried = Exists(row.filter(gone_at__gte=OuterRef("claimed_at")))
    held = NodeExecution.objects.filter(claim_token__isnull=False, worker__isnull=False)
    orphans = held.filter(buried | Q(claimed_at__lt=a_while_ago) & ~Exists(row.filter(gone_at=None)))
    return take_back(orphans, "its worker is gone")

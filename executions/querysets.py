"""The questions that are asked about runs and node executions, by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

from django.db import models
from django.db.models import Case, F, Q, When, Window
from django.db.models.functions import RowNumber

from executions import metrics
from executions.states import (
    NODE_COMES_FROM,
    OUTSTANDING,
    RETRYABLE,
    RUN_COMES_FROM,
    STEPS_AROUND,
    Status,
    Verdict,
    Waits,
)

if TYPE_CHECKING:
    from executions.models import GraphExecution, NodeExecution, Review  # noqa: F401  the type arguments below


SKEW: Final = timedelta(seconds=2)  # between the clocks of two machines
LONGEST_STEP: Final = timedelta(hours=1)
DOUBLINGS: Final = 4  # of the patience with a message: from half a minute to eight


class RunQuerySet(models.QuerySet["GraphExecution"]):
    def alive(self) -> Self:
        """Has not ended: the times fit the status, and a database knows which of its indexes holds these rows."""
        return self.filter(ended_at=None)

    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def roots(self) -> Self:
        return self.filter(parent=None)

    def going(self) -> Self:
        """Its nodes may start."""
        return self.filter(status=Status.RUNNING, paused_at=None, stop_requested_at=None)

    def in_turn(self) -> Self:
        """The oldest of each user and graph, then the second ones: many that wait for a slot do not hide the others."""
        turn = Window(RowNumber(), [F("user"), F("graph_version__graph")], F("created_at").asc())
        return self.alias(turn=turn).order_by("turn", "created_at")

    def moves_to(self, status: Status, **changes: Any) -> int:
        """Compare and set; the number of rows that made the step."""
        return self.filter(status__in=RUN_COMES_FROM[status]).update(status=status, **changes)

    def overlong(self, since: datetime) -> Self:
        """Began before `since`, pauses not counted; a run that is paused now, or waits for a person, is in no hurry."""
        begun = self.filter(started_at__lt=since, paused_at=None).exclude(status=Status.REVIEW)
        return begun.alias(counted_from=F("started_at") + F("paused_for")).filter(counted_from__lt=since)

    def step_free(self, at: datetime) -> Self:
        """Nobody is at the step that it stands at; a time far ahead was written before the clock was set back."""
        return self.filter(Q(step_due_at=None) | Q(step_due_at__lte=at) | Q(step_due_at__gt=at + LONGEST_STEP))

    def step_due(self, at: datetime, after: timedelta) -> Self:
        """Stands at a step around it that nobody has taken up for so long."""
        return self.filter(step_due_at__lt=at - SKEW - after, epilogue__in=STEPS_AROUND)

    def step_ahead(self, at: datetime) -> Self:
        """The time at which somebody would take it up was written before the clock was set back."""
        return self.filter(step_due_at__gt=at + LONGEST_STEP, epilogue__in=STEPS_AROUND)


class NodeExecutionQuerySet(models.QuerySet["NodeExecution"]):
    def outstanding(self) -> Self:
        return self.filter(status__in=OUTSTANDING)

    def running(self) -> Self:
        """Held by a worker."""
        return self.filter(status=Status.RUNNING, waits_for=None)

    def waiting(self) -> Self:
        return self.filter(status=Status.RUNNING, waits_for__isnull=False)

    def claimed(self) -> Self:
        """Has been on a worker at least once: what a run counts (D29)."""
        return self.filter(start_time__isnull=False)

    def incomplete(self) -> Self:
        return self.filter(status=Status.INCOMPLETE)

    def closable(self) -> Self:
        """What a stop ends at once: nobody holds it."""
        return self.filter(Q(status__in=[Status.QUEUED, Status.REVIEW]) | Q(waits_for__isnull=False))

    def retryable(self) -> Self:
        return self.filter(status__in=RETRYABLE)

    def held(self, pk: UUID, token: UUID) -> Self:
        return self.filter(pk=pk, claim_token=token, status=Status.RUNNING)

    def held_by(self, worker_id: UUID) -> Self:
        return self.filter(worker_id=worker_id, claim_token__isnull=False)

    def due(self, at: datetime) -> Self:
        return self.filter(waits_for__isnull=False, wakes_at__lte=at)

    def going(self) -> Self:
        """Of runs whose nodes may start."""
        return self.filter(run__status=Status.RUNNING, run__paused_at=None, run__stop_requested_at=None)

    def never_sent(self) -> Self:
        return self.filter(status=Status.QUEUED, published_at=None)

    def overdue(self, at: datetime, after: timedelta) -> Self:
        """Queued, and not claimed although published long ago; the patience doubles with each of the first times."""
        ahead = Q(published_at__gt=at + after)  # the clock was set back since
        patience = ahead | Q(published_at__lt=at - after * 2**DOUBLINGS)
        for times in range(DOUBLINGS):
            patience |= Q(publishes__lte=times + 1, published_at__lt=at - after * 2**times)
        return self.filter(patience, status=Status.QUEUED)

    def requeue(self, at: datetime, *, never_published: bool = False, **changes: Any) -> int:
        """To QUEUED under a new dispatch number, so that messages sent for an earlier one are recognised as old.

        `never_published`: nobody sends a message now, the next sweep does."""
        return self.filter(status__in=NODE_COMES_FROM[Status.QUEUED]).update(
            status=Status.QUEUED,
            dispatch=F("dispatch") + 1,
            claim_token=None,
            holder=None,
            waits_for=None,
            wakes_at=None,
            wake_pending=False,
            end_time=None,
            queue_time=at,
            published_at=None if never_published else at,
            publishes=0 if never_published else 1,
            **changes,
        )

    def wait_again(self, at: datetime, **changes: Any) -> int:
        """What was ended while it waited for a time that is still to come; queued and suspended in one step."""
        return self.filter(status__in=RETRYABLE, wakes_at__gt=at).update(
            status=Status.RUNNING,
            dispatch=F("dispatch") + 1,
            waits_for=Waits.TIMER,
            wake_pending=False,
            end_time=None,
            queue_time=at,
            **changes,
        )

    def close(self, status: Status, at: datetime, **changes: Any) -> int:
        """To a final status, whatever holds or awaits it is forgotten; but a retry waits for a timer's time again."""
        closed = self.filter(status__in=NODE_COMES_FROM[status]).update(
            status=status,
            claim_token=None,
            holder=None,
            waits_for=None,
            wakes_at=Case(When(waits_for=Waits.TIMER, then=F("wakes_at")), default=None),
            wake_pending=False,
            end_time=at,
            **changes,
        )
        metrics.after_commit(metrics.NODES, status.value, closed)
        return closed

    def of_runs(self, run_ids: Iterable[UUID]) -> Self:
        return self.filter(run_id__in=list(run_ids))


class ReviewQuerySet(models.QuerySet["Review"]):
    def waiting(self) -> Self:
        return self.filter(status=Verdict.WAITING)

    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def of_run(self, run_id: UUID) -> Self:
        return self.filter(run_id=run_id)

    def decides(self, verdict: Verdict, at: datetime, **changes: Any) -> int:
        """Compare and set: what is decided stays decided."""
        return self.waiting().update(status=verdict, reviewed_at=at, **changes)

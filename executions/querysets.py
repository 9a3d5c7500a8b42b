"""The questions that are asked about runs and node executions, by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, Q

from executions.states import ALIVE, NODE_COMES_FROM, OUTSTANDING, RUN_COMES_FROM, Status, Step

if TYPE_CHECKING:
    from executions.models import GraphExecution, NodeExecution  # noqa: F401  the type arguments below


class RunQuerySet(models.QuerySet["GraphExecution"]):
    def alive(self) -> Self:
        return self.filter(status__in=ALIVE)

    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def roots(self) -> Self:
        return self.filter(parent=None)

    def claimable(self, run_id: UUID, root_id: UUID) -> tuple[Exists, Exists]:
        """Conditions under which a node of the run may start (D10)."""
        free = Q(stop_requested_at=None, paused_at=None)
        return (
            Exists(self.filter(free, pk=run_id, status=Status.RUNNING)),
            Exists(self.filter(free, pk=root_id)),
        )

    def moves_to(self, status: Status, **changes: Any) -> int:
        """Compare and set; the number of rows that made the step."""
        return self.filter(status__in=RUN_COMES_FROM[status]).update(status=status, **changes)

    def in_epilogue(self) -> Self:
        return self.filter(epilogue__in=[Step.FINISH, Step.NOTIFY])


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

    def held(self, pk: UUID, token: UUID) -> Self:
        return self.filter(pk=pk, claim_token=token, status=Status.RUNNING)

    def due(self, at: datetime) -> Self:
        return self.filter(waits_for__isnull=False, wakes_at__lte=at)

    def overdue(self, at: datetime, after: timedelta) -> Self:
        """Queued, and not claimed although published long ago; the patience doubles with every time."""
        patience = Q(published_at=None)
        for times in range(8):
            patience |= Q(publishes=times + 1, published_at__lt=at - after * 2**times)
        return self.filter(patience | Q(published_at__lt=at - after * 2**8), status=Status.QUEUED)

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

    def close(self, status: Status, at: datetime, **changes: Any) -> int:
        """To a final status, whatever holds or awaits it is forgotten."""
        return self.filter(status__in=NODE_COMES_FROM[status]).update(
            status=status,
            claim_token=None,
            holder=None,
            waits_for=None,
            wakes_at=None,
            wake_pending=False,
            end_time=at,
            **changes,
        )

    def of_runs(self, run_ids: Iterable[UUID]) -> Self:
        return self.filter(run_id__in=list(run_ids))

"""The questions that are asked about schedules, fires and backfills, by name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q

from scheduling.states import HOLES, State

if TYPE_CHECKING:
    from scheduling.models import Backfill, Fire, Schedule, SystemJob  # noqa: F401  the type arguments below


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def of(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id)

    def to_plan(self, until: datetime) -> Self:
        """Has times up to then that are not in the ledger."""
        return self.filter(enabled=True, next_at__lte=until)


class FireQuerySet(models.QuerySet["Fire"]):
    def planned(self) -> Self:
        """For their time; those of backfills have their own turn."""
        return self.filter(state=State.PLANNED, backfill=None)

    def due(self, at: datetime) -> Self:
        return self.planned().filter(due_at__lte=at)

    def waiting(self) -> Self:
        return self.filter(state=State.WAITING)

    def running(self) -> Self:
        """Their runs have not ended."""
        return self.filter(run__isnull=False, run__ended_at=None)

    def free(self) -> Self:
        """Waiting ones of schedules of which no run is under way any more."""
        from scheduling.models import Fire

        alive = Fire.objects.running().filter(schedule=OuterRef("schedule"), backfill=None)
        return self.waiting().filter(~Exists(alive))

    def holes(self) -> Self:
        return self.filter(state__in=HOLES)

    def progress(self) -> dict[str, int]:
        """Of a backfill: `left` to begin, `running`, `fired` in all, `failed` to start."""
        return self.aggregate(
            left=Count("pk", filter=Q(state=State.QUEUED)),
            running=Count("pk", filter=Q(run__isnull=False, run__ended_at=None)),
            fired=Count("pk", filter=Q(state=State.FIRED)),
            failed=Count("pk", filter=Q(state=State.FAILED)),
        )

    def moves_to(self, state: State, *, of: tuple[State, ...], **changes: Any) -> int:
        """Compare and set; the number of rows that made the step."""
        return self.filter(state__in=of).update(state=state, **changes)


class BackfillQuerySet(models.QuerySet["Backfill"]):
    def under_way(self) -> Self:
        return self.filter(ended_at=None)


class SystemJobQuerySet(models.QuerySet["SystemJob"]):
    def due(self, at: datetime) -> Self:
        return self.filter(entry__enabled=True, next_at__lte=at)

    def idle(self, since: datetime) -> Self:
        """Does not run now; what began before `since` and has not ended has died."""
        return self.filter(Q(started_at=None) | Q(ended_at__gte=F("started_at")) | Q(started_at__lt=since))

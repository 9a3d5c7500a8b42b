"""The net under the messages: finds what should have moved and has not, and moves it. Correct alone, only slower.

Every few seconds by beat, at the start of workers, and by `manage.py sweep`; several at once do no harm. Each kind of
work is one indexed query and a bounded batch, so a sweep costs next to nothing when there is nothing to do."""

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from executions import hints
from executions.engine import stop
from executions.engine.conclusion import advance, conclude
from executions.engine.waking import wake_due as wake_one
from executions.models import GraphExecution, NodeExecution
from executions.states import Status

log = logging.getLogger(__name__)

BATCH: Final = 500


@dataclass
class Swept:
    """What one sweep has moved."""

    woken: int = 0
    republished: int = 0
    admitted: int = 0
    concluded: int = 0
    stopped: int = 0
    overran: int = 0
    advanced: int = 0

    def __bool__(self) -> bool:
        return any(asdict(self).values())


def sweep() -> Swept:
    swept = Swept(
        overran=_end_overlong(),
        stopped=_finish_stops(),
        woken=_wake(),
        republished=_republish(),
        admitted=_admit(),
        concluded=_conclude(),
        advanced=_advance(),
    )
    if swept:
        log.info("swept: %s", ", ".join(f"{name} {number}" for name, number in asdict(swept).items() if number))
    return swept


def wake_due(execution_ids: Iterable[UUID]) -> int:
    """Requeue and publish executions whose timer or back-off has run out."""
    now = timezone.now()
    woken = [execution_id for execution_id in execution_ids if wake_one(execution_id, now)]
    if woken:
        hints.publish_ids(woken)
    return len(woken)


def _wake() -> int:
    """Due now: requeued here. Due before the next sweep: a message with its exact time, so that timers are not late."""
    now = timezone.now()
    soon = now + timedelta(seconds=2 * settings.SWEEP_SECONDS)
    waiting = NodeExecution.objects.due(soon).exclude(run__stop_requested_at__isnull=False)
    rows = list(waiting.order_by("wakes_at").only("pk", "wakes_at")[:BATCH])
    for row in rows:
        if row.wakes_at is not None and row.wakes_at > now:
            hints.send().wake(row.pk, row.wakes_at)
    return wake_due(row.pk for row in rows if row.wakes_at is not None and row.wakes_at <= now)


def _republish() -> int:
    """Queued and not claimed although published a while ago. Not while the queues are still full of messages."""
    overdue = NodeExecution.objects.overdue(timezone.now(), timedelta(seconds=settings.REPUBLISH_SECONDS))
    claimable = overdue.filter(run__status=Status.RUNNING, run__paused_at=None, run__stop_requested_at=None)
    rows = list(claimable.select_related("run").order_by("published_at")[:BATCH])
    if not rows or hints.send().backlog() >= len(rows):
        return 0
    NodeExecution.objects.filter(pk__in=[row.pk for row in rows]).update(
        published_at=timezone.now(), publishes=F("publishes") + 1, has_place=False
    )
    for row in rows:
        row.has_place = False
    hints.send().nodes(rows)
    return len(rows)


def _admit() -> int:
    """Every user's oldest waiting runs, if their message may have been lost."""
    patience = timezone.now() - timedelta(seconds=settings.SWEEP_SECONDS)
    waiting = GraphExecution.objects.roots().filter(
        status=Status.QUEUED, stop_requested_at=None, paused_at=None, created_at__lt=patience
    )
    rows = list(waiting.order_by("created_at").values_list("pk", flat=True)[:BATCH])
    for pk in rows:
        hints.send().admit(pk)
    return len(rows)


def _conclude() -> int:
    """Running, and nothing of it is outstanding: its chord was lost or spent."""
    outstanding = NodeExecution.objects.filter(run=OuterRef("pk")).outstanding()
    patience = timezone.now() - timedelta(seconds=settings.SWEEP_SECONDS)
    idle = GraphExecution.objects.filter(status=Status.RUNNING, started_at__lt=patience).exclude(Exists(outstanding))
    return sum(conclude(pk) for pk in list(idle.values_list("pk", flat=True)[:BATCH]))


def _finish_stops() -> int:
    """Stops that were cut off; blocks that outlived their grace period are killed, then fenced."""
    now = timezone.now()
    stopping = GraphExecution.objects.alive().filter(stop_requested_at__lt=now - timedelta(seconds=1))
    done = 0
    for run in stopping.only("pk", "stop_requested_at").order_by("-depth")[:BATCH]:
        stop.begin(run.pk)
        stop.after_grace(run.pk, run.stop_requested_at, now)
        done += conclude(run.pk)
    return done


def _end_overlong() -> int:
    """Runs that exceed PETIOLE_MAX_RUN_SECONDS."""
    limit = settings.MAX_RUN_SECONDS
    since = timezone.now() - timedelta(seconds=limit)
    overlong = GraphExecution.objects.roots().alive().filter(started_at__lt=since, failure=None)
    rows = list(overlong.values_list("pk", flat=True)[:BATCH])
    for pk in rows:
        stop.fail(pk, f"The run has lasted more than {limit:g} s (PETIOLE_MAX_RUN_SECONDS).")
    return len(rows)


def _advance() -> int:
    """Ends of runs that were begun and not finished."""
    patience = timezone.now() - timedelta(seconds=settings.SWEEP_SECONDS)
    rows = list(GraphExecution.objects.in_epilogue().filter(ended_at__lt=patience).values_list("pk", flat=True)[:BATCH])
    for pk in rows:
        advance(pk)
    return len(rows)

"""The net under the messages: finds what should have moved and has not, and moves it. Correct alone, only slower.

Every few seconds by beat, at the start of workers, and by `manage.py sweep`; several at once do no harm. Each kind of
work is one indexed query and a bounded batch, so a sweep costs next to nothing when there is nothing to do."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from executions import hints
from executions.engine import stop
from executions.engine.admission import admit
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


STEPS: Final[dict[str, Callable[[], int]]] = {}


def step(do: Callable[[], int]) -> Callable[[], int]:
    """One kind of work, named like the field of Swept that counts it."""
    STEPS[do.__name__] = do
    return do


def sweep() -> Swept:
    """Each kind of work by itself: what fails for one is logged, and the others are done. Raises when all fail."""
    swept = Swept()
    failed: list[Exception] = []
    for name, do in STEPS.items():
        try:
            setattr(swept, name, do())
        except Exception as wrong:
            failed.append(wrong)
            if isinstance(wrong, OperationalError | InterfaceError):
                connection.close()  # a dead one that is kept would fail the next sweep as well
    if len(failed) == len(STEPS):
        raise failed[0]
    for failure in failed:
        log.error("the sweep could not do all", exc_info=failure)
    if swept:
        log.info("swept: %s", ", ".join(f"{name} {number}" for name, number in asdict(swept).items() if number))
    return swept


def _each(run_ids: Iterable[UUID], do: Callable[[UUID], object]) -> int:
    """The number of runs for which `do` did something; one that cannot be helped does not hold up the others."""
    done = 0
    for run_id in run_ids:
        try:
            done += do(run_id) is not False
        except Exception:
            log.exception("the sweep could not help run %s", run_id)
    return done


def wake_due(execution_ids: Iterable[UUID]) -> int:
    """Requeue and publish executions whose timer or back-off has run out."""
    now = timezone.now()
    woken = [execution_id for execution_id in execution_ids if wake_one(execution_id, now)]
    if woken:
        hints.publish_ids(woken)
    return len(woken)


@step
def woken() -> int:
    """Due now: requeued here. Due before the next sweep: a message with its exact time, so that timers are not late."""
    now = timezone.now()
    soon = now + timedelta(seconds=2 * settings.SWEEP_SECONDS)
    waiting = NodeExecution.objects.due(soon).exclude(run__stop_requested_at__isnull=False)
    rows = list(waiting.order_by("wakes_at").only("pk", "wakes_at")[:BATCH])
    for row in rows:
        if row.wakes_at is not None and row.wakes_at > now:
            hints.send().wake(row.pk, row.wakes_at)
    return wake_due(row.pk for row in rows if row.wakes_at is not None and row.wakes_at <= now)


@step
def republished() -> int:
    """Queued and not claimed although published a while ago, where the queue is shorter than what is missing."""
    overdue = NodeExecution.objects.overdue(timezone.now(), timedelta(seconds=settings.REPUBLISH_SECONDS))
    claimable = overdue.filter(run__status=Status.RUNNING, run__paused_at=None, run__stop_requested_at=None)
    rows = claimable.select_related("run").only(
        "pk", "node", "dispatch", "has_place", "published_at", "run__chord_id", "run__graph_version"
    )
    found = list(rows.order_by(F("published_at").asc(nulls_first=True))[:BATCH])
    never_sent = [row for row in found if row.published_at is None]
    lost = never_sent + hints.send().unsent(row for row in found if row.published_at is not None)
    if lost:
        again = NodeExecution.objects.filter(pk__in=[row.pk for row in lost], status=Status.QUEUED)
        again.update(published_at=timezone.now(), publishes=F("publishes") + 1)
        hints.send().nodes(lost)
    return len(lost)


@step
def admitted() -> int:
    """The oldest waiting runs, if their message may have been lost."""
    waiting = GraphExecution.objects.roots().filter(
        status=Status.QUEUED, stop_requested_at=None, paused_at=None, created_at__lt=_a_while_ago()
    )
    rows = list(waiting.order_by("created_at").values_list("pk", flat=True)[:BATCH])
    return _each(rows, admit)


@step
def concluded() -> int:
    """Running, and nothing of it is outstanding: its chord was lost or spent."""
    outstanding = NodeExecution.objects.filter(run=OuterRef("pk")).outstanding()
    idle = GraphExecution.objects.filter(status=Status.RUNNING, started_at__lt=_a_while_ago()).exclude(
        Exists(outstanding)
    )
    return _each(list(idle.values_list("pk", flat=True)[:BATCH]), conclude)


@step
def stopped() -> int:
    """Stops that were cut off; blocks that outlived their grace period are killed, then fenced."""
    a_second_ago = timezone.now() - timedelta(seconds=1)
    stopping = GraphExecution.objects.alive().filter(stop_requested_at__lt=a_second_ago).order_by("-depth")
    return _each(list(stopping.values_list("pk", flat=True)[:BATCH]), _finish_stop)


def _finish_stop(run_id: UUID) -> bool:
    stop.begin(run_id)
    requested = GraphExecution.objects.values_list("stop_requested_at", flat=True).get(pk=run_id)
    stop.after_grace(run_id, requested, timezone.now())
    return conclude(run_id)


@step
def overran() -> int:
    """Runs that exceed PETIOLE_MAX_RUN_SECONDS."""
    limit = settings.MAX_RUN_SECONDS
    since = timezone.now() - timedelta(seconds=limit)
    overlong = GraphExecution.objects.roots().alive().filter(started_at__lt=since, stop_requested_at=None)
    reason = f"The run has lasted more than {limit:g} s (PETIOLE_MAX_RUN_SECONDS)."
    return _each(list(overlong.values_list("pk", flat=True)[:BATCH]), lambda run_id: stop.fail(run_id, reason))


@step
def advanced() -> int:
    """Ends of runs that were begun and not finished."""
    begun = GraphExecution.objects.in_epilogue().filter(ended_at__lt=_a_while_ago())
    return _each(list(begun.values_list("pk", flat=True)[:BATCH]), advance)


def _a_while_ago() -> datetime:
    """What is older than this has not just been seen to by somebody else."""
    return timezone.now() - timedelta(seconds=settings.SWEEP_SECONDS)

"""Makes up for times of the past: those without a run, oldest first, so many runs at once.

A backfill is rows of the ledger that wait for their turn; every tick lets as many begin as there is room for."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from audit import services as audit
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.estimate import Figures, estimate
from graphs import services as graphs
from scheduling import firing
from scheduling.errors import BackfillNotFound, BackfillRefused, TimesInvalid
from scheduling.messages import send
from scheduling.models import Backfill, Fire, Schedule
from scheduling.planning import BATCH, locked
from scheduling.states import HOLES, OPEN, State

log = logging.getLogger(__name__)

MOST: Final = 10_000


@dataclass(frozen=True)
class Holes:
    """Times of a schedule without a run. `there`: those that the ledger has a row for."""

    times: list[datetime]
    there: frozenset[datetime]


def holes(schedule: Schedule, first: datetime, last: datetime) -> Holes:
    """Raises TimesInvalid when nothing can be made up for."""
    now = timezone.now()
    if last < first:
        raise TimesInvalid("to", "The end lies before the beginning.")
    if last > now:
        raise TimesInvalid(
            "to", "Only times that are over can be made up for; the schedule itself fires what is to come."
        )
    times = list(islice(schedule.timing().between(first, last), MOST + 1))
    if len(times) > MOST:
        raise TimesInvalid("from", f"That is more than {MOST} times; choose a shorter while.")
    ledger = schedule.fires.filter(logical_time__range=(first, last))
    states = dict(ledger.values_list("logical_time", "state"))
    free = [time for time in times if states.get(time, State.MISSED) in HOLES]
    return Holes(free, frozenset(states))


def cost(schedule: Schedule, runs: int) -> Figures:
    """What so many runs would cost in credits. Raises what the start of one would raise."""
    version = graphs.find(schedule.user, schedule.graph_id, schedule.version or "active")
    one = estimate(
        schedule.user,
        version,
        inputs=schedule.inputs,
        masks=schedule.masks,
        credentials_inputs=schedule.credentials_inputs,
    ).total
    return Figures(one.least * runs, one.expected * runs, None if one.most is None else one.most * runs)


def find(schedule: Schedule, backfill_id: UUID) -> Backfill:
    """Raises BackfillNotFound."""
    found = schedule.backfills.filter(pk=backfill_id).first()
    if found is None:
        raise BackfillNotFound(backfill_id)
    return found


@repeated
def begin(schedule: Schedule, *, first: datetime, last: datetime, concurrency: int = 1) -> Backfill:
    """Raises BackfillRefused while another one of the schedule is under way."""
    crash_point("backfill.begun")
    with write():
        current = locked(schedule.pk)
        if current is None or current.backfills.under_way().exists():
            raise BackfillRefused("Another backfill of this schedule is under way.")
        found = holes(current, first, last)
        made = Backfill(schedule=current, first=first, last=last, concurrency=concurrency, total=len(found.times))
        if not found.times:
            made.ended_at = made.created_at
        made.save(force_insert=True)
        crash_point("backfill.stored")
        _line_up(made, found)
        audit.record("schedule.backfill", subject=schedule, subject_id=schedule.pk, detail={"times": made.total})
        crash_point("backfill.before_commit")
    return made


def _line_up(made: Backfill, found: Holes) -> None:
    old = [time for time in found.times if time in found.there]
    for slice_ in _slices(old):
        rows = Fire.objects.filter(schedule=made.schedule_id, logical_time__in=slice_)
        rows.moves_to(State.QUEUED, of=HOLES, backfill=made, handled_at=None, reason="", errors={})
    for slice_ in _slices([time for time in found.times if time not in found.there]):
        Fire.objects.bulk_create(
            Fire(schedule=made.schedule, logical_time=time, due_at=time, state=State.QUEUED, backfill=made)
            for time in slice_
        )


def _slices(times: list[datetime]) -> Iterator[list[datetime]]:
    yield from (times[start : start + BATCH] for start in range(0, len(times), BATCH))


def advance_all() -> None:
    for backfill_id in Backfill.objects.under_way().values_list("pk", flat=True):
        if send("advance_backfill", str(backfill_id)):
            continue
        try:
            advance(backfill_id)
        except (DatabaseError, InterfaceError) as lost:
            log.warning("backfill %s is left to the next tick: %s", backfill_id, lost)


def advance(backfill_id: UUID) -> None:
    """Begin what there is room for; end the backfill when nothing of it is left."""
    while (fire_id := _next(backfill_id)) is not None:
        firing.fire(fire_id)


@repeated
def _next(backfill_id: UUID) -> UUID | None:
    """The oldest time whose turn has come; it is on record as begun, so that nobody else counts on its place."""
    crash_point("advance.begun")
    with write():
        schedule_id = Backfill.objects.filter(pk=backfill_id).values_list("schedule_id", flat=True).first()
        if schedule_id is None or locked(schedule_id) is None:
            return None
        made = Backfill.objects.under_way().filter(pk=backfill_id).first()
        if made is None:
            return None
        begun = made.fires.filter(state__in=OPEN).order_by("logical_time").first()
        if begun is not None:  # of somebody who has died, or who is about to fire it: never twice, whoever does it
            return begun.pk
        running = made.fires.running().count()
        following = made.fires.filter(state=State.QUEUED).order_by("logical_time").first()
        if following is None:
            _end(made, running)
            return None
        if running >= made.concurrency:
            return None
        Fire.objects.filter(pk=following.pk).moves_to(State.PLANNED, of=(State.QUEUED,))
        crash_point("advance.before_commit")
    return following.pk


def _end(made: Backfill, running: int) -> None:
    if not running:
        Backfill.objects.under_way().filter(pk=made.pk).update(ended_at=timezone.now())


@repeated
def cancel(made: Backfill) -> Backfill:
    """What has not begun is a hole again; runs that were begun go on."""
    crash_point("cancel_backfill.begun")
    with write():
        locked(made.schedule_id)
        left = made.fires.filter(state=State.QUEUED)
        left.update(state=State.MISSED, handled_at=timezone.now(), reason="Its backfill was cancelled.")
        Backfill.objects.under_way().filter(pk=made.pk).update(ended_at=timezone.now())
        crash_point("cancel_backfill.before_commit")
    made.refresh_from_db()
    return made

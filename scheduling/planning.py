"""Puts expected fires into the ledger, ahead of their time, and decides what becomes of those that were not handled.

May run in any number of processes at once: the schedule's row is locked, and a time has one row at most."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError

import notifications.services
from executions.crashpoints import crash_point
from executions.database import repeated, write
from scheduling import entries
from scheduling.misfire import decide
from scheduling.models import Fire, Schedule
from scheduling.states import Misfire, Origin, State
from scheduling.times import Timing, delay

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(minutes=1)
BATCH: Final = 500
MOST: Final = 5000  # times that are put into the ledger one by one; of more, the latest
LATEST: Final = 1000
_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Plan:
    """`left_out`: from its first to its last instant there were too many times to list."""

    times: list[datetime]
    following: datetime | None
    left_out: tuple[datetime, datetime] | None = None


def plan_all(until: datetime, now: datetime, most: int = BATCH) -> int:
    """Schedules whose next time is not later than that. The number of those that are left to the next tick."""
    due = list(Schedule.objects.to_plan(until).order_by("next_at").values_list("pk", flat=True)[:most])
    left = 0
    for schedule_id in due:
        try:
            plan(schedule_id, now)
        except (DatabaseError, InterfaceError) as lost:
            log.warning("schedule %s is left to the next tick: %s", schedule_id, lost)
            left += 1
        except Exception as wrong:  # a zone that this machine does not know, say: it would be tried without an end
            log.exception("schedule %s cannot be planned", schedule_id)
            give_up(schedule_id, f"Its times cannot be found: {type(wrong).__name__}: {wrong}")
    return left


@repeated
def give_up(schedule_id: UUID, reason: str) -> None:
    """It rests with the reason, and its owner hears of that."""
    crash_point("give_up.begun")
    with write():
        schedule = locked(schedule_id)
        if schedule is None or not schedule.enabled:
            return
        entries.pause(schedule, reason)
        told = {"schedule_id": str(schedule.pk), "schedule": schedule.name, "reason": reason}
        notifications.services.record(schedule.user_id, "SCHEDULE_PAUSED", told)
        crash_point("give_up.before_commit")


@repeated
def plan(schedule_id: UUID, now: datetime) -> None:
    crash_point("plan.begun")
    with write():
        schedule = locked(schedule_id)
        if schedule is not None and schedule.enabled:
            extend(schedule, now)
        crash_point("plan.before_commit")


def locked(schedule_id: UUID) -> Schedule | None:
    """The schedule, locked until the end of the transaction: everything about its fires comes after one another."""
    return Schedule.objects.select_for_update(no_key=True).filter(pk=schedule_id).first()


def extend(schedule: Schedule, now: datetime) -> None:
    """The times of a locked schedule up to a minute ahead."""
    if schedule.next_at is None or schedule.next_at > now + AHEAD:
        return
    found = _plan(schedule.timing(), schedule.next_at, now + AHEAD)
    fires = [_expected(schedule, time) for time in found.times]
    if found.left_out is not None:
        fires.append(_summary(schedule, *found.left_out, now))
    Fire.objects.bulk_create(fires, batch_size=BATCH, ignore_conflicts=True)
    crash_point("plan.inserted")
    schedule.next_at = found.following
    Schedule.objects.filter(pk=schedule.pk).update(next_at=found.following)


def _plan(timing: Timing, first: datetime, until: datetime) -> Plan:
    times = _from(timing, first)
    found = list(islice(times, MOST + 1))
    if len(found) <= MOST or found[-1] > until:
        return Plan([one for one in found if one <= until], next((one for one in found if one > until), None))
    step = (found[-1] - found[0]) / MOST
    resumed = max(found[-1], until - step * LATEST)
    latest: list[datetime] = []
    for time in _from(timing, resumed):
        if time > until:
            return Plan(latest, time, (first, resumed))
        latest.append(time)
    return Plan(latest, None, (first, resumed))


def _from(timing: Timing, first: datetime) -> Iterator[datetime]:
    return timing.after(first - _INSTANT)


def _expected(schedule: Schedule, time: datetime) -> Fire:
    due_at = time + delay(schedule.pk, time, schedule.jitter_seconds)
    return Fire(schedule=schedule, logical_time=time, due_at=due_at)


def _summary(schedule: Schedule, first: datetime, last: datetime, now: datetime) -> Fire:
    reason = f"Nothing ticked from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC: too many times to list each."
    return Fire(schedule=schedule, logical_time=first, due_at=first, state=State.MISSED, handled_at=now, reason=reason)


def grace() -> timedelta:
    return timedelta(seconds=settings.SCHEDULE_GRACE)


def judge_all(now: datetime) -> int:
    """The misfire policy of every schedule that has fires from longer ago than the grace."""
    late = Fire.objects.due(now - grace()).filter(kept=False, origin=Origin.TIME)
    ids = list(late.order_by().values_list("schedule_id", flat=True).distinct()[:BATCH])
    for schedule_id in ids:
        judge(schedule_id, now)
    return len(ids)


@repeated
def judge(schedule_id: UUID, now: datetime) -> None:
    crash_point("judge.begun")
    with write():
        schedule = locked(schedule_id)
        if schedule is None:
            return
        due = schedule.fires.due(now).filter(origin=Origin.TIME, kept=False).order_by("due_at")
        decision = decide(
            [(fire.due_at, fire) for fire in due],
            now,
            policy=schedule.misfire,
            limit=schedule.misfire_limit,
            grace=grace(),
        )
        for fires, changes in (
            (decision.missed, {"state": State.MISSED, "handled_at": now, "reason": _why(schedule)}),
            (decision.run, {"kept": True}),
        ):
            for start in range(0, len(fires), BATCH):
                ids = [fire.pk for fire in fires[start : start + BATCH]]
                Fire.objects.filter(pk__in=ids, state=State.PLANNED).update(**changes)
        crash_point("judge.before_commit")


def _why(schedule: Schedule) -> str:
    late = "Nothing fired it at its time"
    match schedule.misfire:
        case Misfire.SKIP:
            return f"{late}, and times that were missed are skipped."
        case Misfire.ONCE:
            return f"{late}, and of times that were missed only the latest is run."
        case _:
            return f"{late}, and of times that were missed only the latest {schedule.misfire_limit} are run."

"""What time has brought: plans, fires, ends of waits, backfills, jobs. Anybody may tick, any number at once.

Beat ticks by a message at the exact time; every worker of the queue `engine` ticks by itself (scheduling.ticker)."""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Min, Value
from django.utils import timezone

from scheduling import backfills, firing, jobs, planning
from scheduling.messages import send
from scheduling.models import Backfill, Fire, Schedule, SystemJob

IDLE_SECONDS: Final = 1.0  # so soon a new schedule is noticed
BATCH: Final = 500
HERE: Final = 8  # of more fires at once the rest is spread over the workers
PLANNED_AT_ONCE: Final = 20
SENT_SECONDS: Final = 30.0
_sent: Final[dict[UUID, float]] = {}  # what was spread a moment ago


def due_times(now: datetime, *, within: float = IDLE_SECONDS) -> dict[str, datetime]:
    """When there is something to do next, by kind; one query. A time in the past means: now. What comes a good deal
    later than in so many seconds is left out."""
    soon = now + timedelta(seconds=2 * within)
    schedules = Schedule.objects.to_plan(soon + planning.AHEAD)
    parts = [
        _earliest("plan", schedules, "next_at"),
        _earliest("fire", Fire.objects.due(soon), "due_at"),
        _earliest("wait", Fire.objects.waiting(), "due_at"),
        _earliest("backfill", Backfill.objects.under_way(), "created_at"),
        _earliest("job", SystemJob.objects.due(soon), "next_at"),
    ]
    found = {kind: at for kind, at in parts[0].union(*parts[1:], all=True) if at is not None}
    if "plan" in found:
        found["plan"] -= planning.AHEAD
    return found


def _earliest(kind: str, rows: Any, field: str) -> Any:
    return rows.order_by().values(kind=Value(kind)).annotate(at=Min(field)).values_list("kind", "at")


def seconds_until(times: Iterable[datetime], now: datetime, *, at_most: float = IDLE_SECONDS) -> float:
    return min([at_most, *(max(0.0, (one - now).total_seconds()) for one in times)])


def tick() -> float:
    """Does what is due; the seconds until there may be more to do."""
    now = timezone.now()
    times = due_times(now)
    due = {kind for kind, at in times.items() if at <= now}
    if not due:
        return seconds_until(times.values(), now)
    left = 0
    if due & {"plan", "fire"}:
        left += planning.plan_all(now, now)  # what is over already is judged together with what was planned
        planning.judge_all(now)
        left += firing.fire_all(_spread(_ids(Fire.objects.due(now))))
    if "wait" in due:
        left += firing.fire_all(_ids(Fire.objects.free()))
    if "plan" in due and not Fire.objects.due(now).exists():  # a minute ahead, so what is due now comes first
        left += planning.plan_all(now + planning.AHEAD, now, PLANNED_AT_ONCE)
    if "backfill" in due:
        backfills.advance_all()
    if "job" in due:
        jobs.begin_due(now)
    now = timezone.now()
    kinds = due_times(now)
    patient = {"wait", "backfill"}  # they end with a run: nobody knows when
    seconds = seconds_until((at for kind, at in kinds.items() if kind not in patient), now)
    return IDLE_SECONDS if left else seconds  # what could not be done now cannot be done at once either


def _ids(fires: Any) -> list[UUID]:
    return list(fires.order_by("due_at", "logical_time").values_list("pk", flat=True)[:BATCH])


def _spread(fire_ids: list[UUID]) -> list[UUID]:
    """Those that are to be fired here: the first, and all that no message can be sent for."""
    now = time.monotonic()
    for fire_id in [one for one, at in _sent.items() if now - at > SENT_SECONDS]:
        _sent.pop(fire_id, None)
    here, others = fire_ids[:HERE], [one for one in fire_ids[HERE:] if one not in _sent]
    for position, fire_id in enumerate(others):
        if not send("fire", str(fire_id)):
            return here + others[position:]
        _sent[fire_id] = now
    return here

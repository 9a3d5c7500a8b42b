"""A schedule and its entry of django-celery-beat say the same, whichever of the two somebody has edited.

The entry's own task is a tick, so even a beat that knows nothing of schedules does no harm."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks

from scheduling.cron import Cron, CronInvalid, parse
from scheduling.models import Schedule
from scheduling.states import Origin, State

TICK: Final = "scheduling.tasks.tick"
PARTS: Final = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


def pause(schedule: Schedule, reason: str) -> None:
    """Of a locked schedule: nothing fires any more until somebody enables it. Both sides say so."""
    Schedule.objects.filter(pk=schedule.pk).update(enabled=False, pause_reason=reason, next_at=None)
    schedule.enabled, schedule.pause_reason, schedule.next_at = False, reason, None
    forget_planned(schedule, "The schedule was paused.")
    PeriodicTask.objects.filter(petiole_schedule=schedule).update(enabled=False)
    PeriodicTasks.update_changed()  # type: ignore[no-untyped-call]  # the package has no types


def forget_planned(schedule: Schedule, reason: str) -> None:
    """Expected fires are no longer expected. Those whose time has come are fired all the same, unless it was paused."""
    now = timezone.now()
    planned = schedule.fires.planned().filter(origin=Origin.TIME)
    planned.filter(logical_time__gt=now).delete()
    if not schedule.enabled:
        for left in (planned, schedule.fires.waiting()):
            left.update(state=State.SKIPPED, handled_at=now, reason=reason)


def plan_anew(schedule: Schedule, now: datetime) -> None:
    """Of a locked schedule that was changed. A time that is in the ledger already does not get a second row."""
    schedule.next_at = schedule.timing().next(now) if schedule.enabled else None


# -- From the schedule to its entry


def write_entry(schedule: Schedule) -> None:
    """Makes or changes the entry; the schedule knows it afterwards."""
    entry = PeriodicTask() if schedule._state.adding else schedule.entry
    entry.name = f"{schedule.name} ({schedule.pk})"
    entry.task = TICK
    entry.queue = "engine"
    entry.enabled = schedule.enabled
    entry.start_time, entry.expires = schedule.starts_at, schedule.ends_at
    entry.one_off = schedule.at is not None
    entry.crontab, entry.interval, entry.clocked = _crontab(schedule), _interval(schedule), _clocked(schedule)
    entry.solar = None
    entry.description = f"Starts the graph {schedule.graph_id} for {schedule.user}. Beat itself only ticks."
    entry.no_changes = True  # it would be announced before it is stored, while the two still differ
    entry.save()  # type: ignore[no-untyped-call]  # the package has no types
    entry.no_changes = False
    PeriodicTasks.update_changed()  # type: ignore[no-untyped-call]
    schedule.entry = entry


def _crontab(schedule: Schedule) -> CrontabSchedule | None:
    if not schedule.cron:
        return None
    wanted = dict(zip(PARTS, schedule.cron.split(), strict=True)) | {"timezone": ZoneInfo(schedule.timezone)}
    return CrontabSchedule.objects.filter(**wanted).first() or CrontabSchedule.objects.create(**wanted)


def _interval(schedule: Schedule) -> IntervalSchedule | None:
    seconds = schedule.every_seconds
    if seconds is None:
        return None
    sizes = ((86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds"))
    size, period = next((size, period) for size, period in sizes if seconds % size == 0)
    wanted = {"every": seconds // size, "period": period}
    return IntervalSchedule.objects.filter(**wanted).first() or IntervalSchedule.objects.create(**wanted)


def _clocked(schedule: Schedule) -> ClockedSchedule | None:
    if schedule.at is None:
        return None
    found = ClockedSchedule.objects.filter(clocked_time=schedule.at).first()
    return found or ClockedSchedule.objects.create(clocked_time=schedule.at)


# -- From the entry to its schedule


class Unusable(Exception):
    """The entry says what a schedule cannot do."""


def told_by(entry: PeriodicTask, schedule: Schedule) -> dict[str, Any]:
    """The fields of the schedule that its entry says differently. Raises Unusable."""
    said: dict[str, Any] = {
        "enabled": entry.enabled,
        "starts_at": entry.start_time,
        "ends_at": entry.expires,
        "name": _name(entry.name, schedule.pk),
    } | _times(entry, schedule)
    return {field: value for field, value in said.items() if value != getattr(schedule, field)}


def _name(name: str, schedule_id: UUID) -> str:
    return name.removesuffix(f"({schedule_id})").strip()[:150] or "Schedule"


def _times(entry: PeriodicTask, schedule: Schedule) -> dict[str, Any]:
    none: dict[str, Any] = {"cron": "", "every_seconds": None, "at": None}
    if entry.crontab is not None:
        return none | _cron_of(entry.crontab, schedule)
    if entry.interval is not None:
        seconds = timedelta_of(entry.interval)
        if seconds < 1:
            raise Unusable("an interval of less than a second")
        return none | {"every_seconds": seconds}
    if entry.clocked is not None:
        return none | {"at": entry.clocked.clocked_time}
    raise Unusable("times of the sun")


def timedelta_of(interval: IntervalSchedule) -> int:
    return int(interval.schedule.run_every.total_seconds())


def _cron_of(crontab: CrontabSchedule, schedule: Schedule) -> dict[str, Any]:
    """The text stays as it was written when it means the same."""
    text = " ".join("".join(str(getattr(crontab, part)).split()) for part in PARTS)
    try:
        said = parse(text)
    except CronInvalid as wrong:
        raise Unusable(f"the crontab {text!r}: {wrong}") from None
    return {"cron": schedule.cron if _same(said, schedule.cron) else said.text, "timezone": str(crontab.timezone)}


def _same(said: Cron, cron: str) -> bool:
    return bool(cron) and said.sets() == parse(cron).sets()

"""The verbs of schedules. Each is one transaction, in which the entry of django-celery-beat is changed as well."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from accounts.models import User
from audit import services as audit
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.own_credentials import Own
from graphs import services as graphs
from scheduling import entries, firing, planning
from scheduling.cron import CronInvalid, parse
from scheduling.errors import NotYours, ScheduleNotFound, TimesInvalid
from scheduling.models import Fire, Schedule
from scheduling.states import Origin
from scheduling.times import Timing

TIMES: Final = frozenset({"cron", "every_seconds", "at", "timezone", "starts_at", "ends_at", "jitter_seconds"})
WORK: Final = frozenset({"version", "inputs", "credentials_inputs", "masks"})
NAMES: Final = {"version": "graph_version", "credentials_inputs": "credentials"}  # as the API calls them


def create(*, user: User, graph_id: UUID | str, name: str, **fields: Any) -> Schedule:
    """Raises GraphNotFound, GraphValidationError, TimesInvalid; then nothing is stored."""
    version = graphs.find(user, graph_id, fields.get("version") or "active")
    fields.setdefault("timezone", user.timezone)
    schedule = Schedule(user=user, graph=version.graph, name=name.strip(), anchor=_whole_second(), **fields)
    check(schedule, new=True)
    return store(schedule)


def check(schedule: Schedule, *, new: bool) -> None:
    """Can its times be, and may its graph be run like this? Raises TimesInvalid and what `create` raises."""
    _check_times(schedule, new=new)
    _check_run(schedule)


@repeated
def store(schedule: Schedule) -> Schedule:
    """Of a new schedule that was checked."""
    crash_point("schedule.begun")
    with write():
        schedule._state.adding = True  # also after a try that was rolled back
        entries.plan_anew(schedule, timezone.now())
        entries.write_entry(schedule)
        crash_point("schedule.entered")
        schedule.save(force_insert=True)
        _note("created", schedule)
        crash_point("schedule.before_commit")
    return schedule


def find(user: User, schedule_id: UUID) -> Schedule:
    """Raises ScheduleNotFound, and NotYours (the reference says so, too)."""
    found = Schedule.objects.select_related("graph", "user").filter(pk=schedule_id).first()
    if found is None:
        raise ScheduleNotFound(schedule_id)
    if found.user_id != user.pk:
        raise NotYours(schedule_id)
    return found


@repeated
def edit(schedule: Schedule, changes: Mapping[str, Any]) -> Schedule:
    """Both sides are changed, or neither. Planning begins anew from now on; what was due before stays due."""
    crash_point("edit.begun")
    with write():
        current = _locked(schedule.pk)
        apply(current, changes)
        if WORK & changes.keys():
            _check_run(current)
        crash_point("edit.stored")
        entries.write_entry(current)
        _note("edited", current, fields=sorted(changes))
        crash_point("edit.before_commit")
    return current


def apply(schedule: Schedule, changes: Mapping[str, Any]) -> None:
    """Changes of a locked schedule, its entry aside. Raises TimesInvalid."""
    now = timezone.now()
    if schedule.enabled:
        planning.extend(schedule, now)  # what was missed until now is judged by what held until now
    renewed = bool(TIMES & changes.keys()) or changes.get("enabled", schedule.enabled) != schedule.enabled
    for field, value in changes.items():
        setattr(schedule, field, value)
    _check_times(schedule, new="at" in changes)
    if changes.get("enabled"):
        schedule.pause_reason, schedule.failures = "", 0
    if "every_seconds" in changes:
        schedule.anchor = _whole_second()
    if renewed:
        entries.forget_planned(schedule, "The schedule was paused.")
        entries.plan_anew(schedule, now)
    schedule.save()


def pause(schedule: Schedule, *, reason: str = "") -> Schedule:
    return edit(schedule, {"enabled": False, "pause_reason": reason})


def resume(schedule: Schedule) -> Schedule:
    return edit(schedule, {"enabled": True})


@repeated
def delete(schedule: Schedule) -> None:
    """With its entry and its ledger; its runs stay."""
    crash_point("delete.begun")
    with write():
        _note("deleted", schedule)
        PeriodicTask.objects.filter(petiole_schedule=schedule.pk).delete()
        crash_point("delete.before_commit")


@repeated
def run_now(schedule: Schedule) -> Fire:
    """A fire beside the times; what keeps its run from being started is raised, and nothing is stored."""
    crash_point("run_now.begun")
    with write():
        current, now = _locked(schedule.pk), timezone.now()
        fire = Fire.objects.create(schedule=current, logical_time=now, due_at=now, origin=Origin.PERSON)
        crash_point("run_now.stored")
        firing.begin(fire)
        _note("run_now", current)
        crash_point("run_now.before_commit")
    fire.refresh_from_db()
    return fire


@repeated
def follow_entry(schedule_id: UUID) -> None:
    """Somebody has edited the entry: the schedule says the same from now on, or rests when it cannot."""
    crash_point("follow.begun")
    with write():
        schedule = planning.locked(schedule_id)
        if schedule is None:
            return
        try:
            changes = entries.told_by(schedule.entry, schedule)
            if changes:
                apply(schedule, changes)
                _note("edited", schedule, fields=sorted(changes))
        except (entries.Unusable, TimesInvalid) as wrong:
            schedule.refresh_from_db()
            entries.pause(schedule, f"Its periodic task was given what a schedule cannot do: {wrong}")
        crash_point("follow.before_commit")


def _note(what: str, schedule: Schedule, **detail: Any) -> None:
    audit.record(
        f"schedule.{what}",
        subject=schedule,
        subject_id=schedule.pk,
        detail={"owner": str(schedule.user_id)} | detail,
    )


def _whole_second() -> datetime:
    return timezone.now().replace(microsecond=0)


def _locked(schedule_id: UUID) -> Schedule:
    found = planning.locked(schedule_id)
    if found is None:
        raise ScheduleNotFound(schedule_id)
    return found


def timing_of(**fields: Any) -> Timing:
    """Of a schedule that is not stored, for a preview. Raises TimesInvalid."""
    schedule = Schedule(name="preview", **fields)
    _check_fields(schedule, exclude={"user", "graph", "entry"})
    return schedule.timing()


def _check_times(schedule: Schedule, *, new: bool) -> None:
    _check_fields(schedule, exclude={"user", "graph", "entry", "anchor"})
    now = timezone.now()
    if new and schedule.at is not None and schedule.at <= now:
        raise TimesInvalid("at", f"{schedule.at:%Y-%m-%d %H:%M} UTC is over; give a time that is to come.")
    if new and schedule.timing().next(now) is None:
        raise TimesInvalid("ends_at", "No time of the schedule is to come before its end; give a later one.")


def _check_fields(schedule: Schedule, *, exclude: set[str]) -> None:
    if schedule.cron:
        try:
            schedule.cron = parse(schedule.cron).text
        except CronInvalid as wrong:
            raise TimesInvalid("cron", str(wrong)) from None
    try:
        schedule.clean_fields(exclude=exclude)
        schedule.validate_constraints(exclude=exclude)
    except ValidationError as wrong:
        field, messages = next(iter(wrong.message_dict.items()))
        name = "cron" if field == "__all__" else field
        raise TimesInvalid(NAMES.get(name, name), " ".join(messages)) from None


def _check_run(schedule: Schedule) -> None:
    """May the graph be run like this? Whether there are credits is asked when it fires."""
    version = graphs.find(schedule.user, schedule.graph_id, schedule.version or "active")
    graphs.check_start(
        version,
        inputs=schedule.inputs,
        masks=schedule.masks,
        credentials_inputs=schedule.credentials_inputs,
        lookup=Own(schedule.user_id),
    )

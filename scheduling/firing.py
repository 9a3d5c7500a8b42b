"""Starts the run of a fire, or says why there is none. The run and what the ledger says of it are one transaction, so
whoever dies in between leaves neither; the schedule's lock puts the fires of one schedule in a line."""

import logging
import traceback
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

import notifications.services
from executions import services as executions
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.models import GraphExecution
from graphs import services as graphs
from scheduling import entries
from scheduling.models import Fire, Schedule
from scheduling.planning import locked
from scheduling.states import OPEN, Overlap, State

log = logging.getLogger(__name__)

LONGEST_QUEUE: Final = 100


def fire(fire_id: UUID) -> State | None:
    """What became of the fire now; None when somebody else has handled it."""
    try:
        return _attempt(fire_id)
    except (DatabaseError, InterfaceError):
        raise  # nothing has happened: the next tick tries again
    except Exception as refused:  # whatever keeps the run from being started is on record, and its owner hears of it
        if not hasattr(refused, "status"):
            log.exception("fire %s could not start its run", fire_id)
        return _record_failure(fire_id, refused)


@repeated
def _attempt(fire_id: UUID) -> State | None:
    crash_point("fire.begun")
    with write():
        found = open_fire(fire_id)
        if found is None:
            return None
        crash_point("fire.locked")
        state = begin(found)
        crash_point("fire.before_commit")
    crash_point("fire.after_commit")
    return state


def begin(fire: Fire) -> State:
    """Of a fire whose schedule is locked, in the caller's transaction; raises what keeps its run from being started."""
    return _hindered(fire) or _start(fire)


def open_fire(fire_id: UUID) -> Fire | None:
    """The fire, when nobody has handled it, with its schedule locked."""
    schedule_id = Fire.objects.filter(pk=fire_id).values_list("schedule_id", flat=True).first()
    schedule = None if schedule_id is None else locked(schedule_id)
    found = None if schedule is None else Fire.objects.filter(pk=fire_id, state__in=OPEN).first()
    if found is not None and schedule is not None:
        found.schedule = schedule
    return found


def _hindered(fire: Fire) -> State | None:
    """What the overlap policy says while an older run is under way; None when this one may start."""
    schedule = fire.schedule
    if fire.backfill_id is not None or schedule.overlap == Overlap.ALLOW:
        return None
    others = schedule.fires.filter(backfill=None)
    older = list(others.running().values_list("run_id", flat=True))
    if schedule.overlap == Overlap.QUEUE:
        ahead = others.waiting().filter(logical_time__lt=fire.logical_time).count()
        return _wait(fire, older, ahead) if older or ahead else None
    if not older:
        return None
    if schedule.overlap == Overlap.SKIP:
        return _settle(fire, State.SKIPPED, reason=f"Run {older[0]} had not ended.")
    executions.ask_to_stop(older)
    for run_id in older:
        transaction.on_commit(partial(_stop, run_id), robust=True)
    return None


def _wait(fire: Fire, older: list[Any], ahead: int) -> State:
    if ahead >= LONGEST_QUEUE:
        return _settle(fire, State.SKIPPED, reason=f"{ahead} older times were waiting already.")
    reason = f"Waits for the end of run {older[0]}." if older else "Waits for its turn."
    if fire.state != State.WAITING or fire.reason != reason:
        Fire.objects.filter(pk=fire.pk).moves_to(State.WAITING, of=OPEN, reason=reason)
    return State.WAITING


def _stop(run_id: UUID) -> None:
    executions.stop_run(GraphExecution.objects.get(pk=run_id), wait=0)


def _start(fire: Fire) -> State:
    schedule = fire.schedule
    version = graphs.find(schedule.user, schedule.graph_id, schedule.version or "active")
    run = executions.start(
        user=schedule.user,
        version=version,
        inputs=schedule.inputs,
        credentials_inputs=schedule.credentials_inputs,
        masks=schedule.masks,
        max_cost=schedule.max_cost,
    )
    crash_point("fire.started")
    state = _settle(fire, State.FIRED, run=run, reason="")
    crash_point("fire.settled")
    if schedule.failures:
        Schedule.objects.filter(pk=schedule.pk).update(failures=0)
    PeriodicTask.objects.filter(pk=schedule.entry_id).update(
        last_run_at=fire.logical_time, total_run_count=F("total_run_count") + 1
    )
    return state


def _settle(fire: Fire, state: State, **changes: Any) -> State:
    Fire.objects.filter(pk=fire.pk).moves_to(state, of=OPEN, handled_at=timezone.now(), **changes)
    return state


@repeated
def _record_failure(fire_id: UUID, refused: Exception) -> State | None:
    crash_point("fire_failed.begun")
    with write():
        found = open_fire(fire_id)
        if found is None:
            return None
        errors = getattr(refused, "node_errors", {})
        state = _settle(found, State.FAILED, reason=_words(refused), errors=errors)
        crash_point("fire_failed.settled")
        _count_failure(found, refused)
        crash_point("fire_failed.before_commit")
    return state


def _words(refused: Exception) -> str:
    if hasattr(refused, "status"):
        return str(refused)
    return traceback.format_exception_only(refused)[-1].strip()


def _count_failure(fire: Fire, refused: Exception) -> None:
    """The owner hears of it; after so many in a row the schedule rests, with the reason, and the owner hears that."""
    schedule = fire.schedule
    schedule.failures += 1
    Schedule.objects.filter(pk=schedule.pk).update(failures=schedule.failures)
    told = {
        "schedule_id": str(schedule.pk),
        "schedule": schedule.name,
        "graph_id": str(schedule.graph_id),
        "time": fire.logical_time.isoformat(),
        "reason": _words(refused),
        "node_errors": getattr(refused, "node_errors", {}),
        "failures_in_a_row": schedule.failures,
    }
    notifications.services.record(schedule.user_id, "SCHEDULE_FAILED", told, key=f"schedule-fire:{fire.pk}")
    if schedule.enabled and schedule.failures >= settings.SCHEDULE_FAILURES:
        reason = f"{schedule.failures} times in a row its run could not be started, at last because: {_words(refused)}"
        entries.pause(schedule, reason)
        notifications.services.record(
            schedule.user_id, "SCHEDULE_PAUSED", told | {"reason": reason}, key=f"schedule-pause:{fire.pk}"
        )


def fire_all(fire_ids: list[UUID]) -> int:
    """One after the other; one that cannot be handled now does not hold up the others. How many were left so."""
    left = 0
    for fire_id in fire_ids:
        try:
            fire(fire_id)
        except (DatabaseError, InterfaceError) as lost:
            log.warning("fire %s is left to the next tick: %s", fire_id, lost)
            left += 1
    return left

"""Schedules and backfills as the API shows them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from executions.estimate import Figures
from graphs.models import GraphVersion
from scheduling.backfills import Holes
from scheduling.models import Backfill, Schedule
from scheduling.times import Shown, Timing, changes, preview


def as_answers(schedules: Iterable[Schedule], notes: Sequence[str] = ()) -> list[dict[str, Any]]:
    """With the names of their graphs, in one query for all."""
    many = list(schedules)
    numbers = {one.graph_id: set[int]() for one in many}
    for one in many:
        numbers[one.graph_id].add(_number(one))
    versions = GraphVersion.objects.filter(graph__in=numbers).values_list("graph_id", "version", "name")
    names = {(graph_id, number): name for graph_id, number, name in versions}
    return [_answer(one, names.get((one.graph_id, _number(one)), ""), notes) for one in many]


def as_answer(schedule: Schedule, notes: Sequence[str] = ()) -> dict[str, Any]:
    [answer] = as_answers([schedule], notes)
    return answer


def _number(schedule: Schedule) -> int:
    return schedule.graph.active_version if schedule.version is None else schedule.version


def _answer(schedule: Schedule, agent_name: str, notes: Sequence[str]) -> dict[str, Any]:
    now = timezone.now()
    timing = schedule.timing()
    times = preview(timing, now) if schedule.enabled else []
    return {
        "id": schedule.pk,
        "schedule_id": schedule.pk,
        "name": schedule.name,
        "user_id": schedule.user_id,
        "graph_id": schedule.graph_id,
        "graph_version": _number(schedule),
        "follows_active_version": schedule.version is None,
        "agent_name": agent_name,
        "input_data": schedule.inputs,
        "input_credentials": schedule.credentials_inputs,
        "nodes_input_masks": schedule.masks,
        "next_run_time": times[0].local.isoformat() if times else None,
        "next_run_times": shown(times),
        "changes_of_clocks": shown(changes(timing, now)),
        "is_enabled": schedule.enabled,
        "failures_in_a_row": schedule.failures,
        "notes": list(notes),
    } | {field: getattr(schedule, field) for field in _AS_THEY_ARE}


_AS_THEY_ARE = (
    "cron",
    "every_seconds",
    "at",
    "timezone",
    "pause_reason",
    "max_cost",
    "starts_at",
    "ends_at",
    "jitter_seconds",
    "misfire",
    "misfire_limit",
    "overlap",
    "created_at",
)


def shown(times: Iterable[Shown]) -> list[dict[str, str]]:
    return [{"local": one.local.isoformat(), "utc": one.utc.isoformat(), "note": one.note} for one in times]


def previewed(timing: Timing, notes: Sequence[str]) -> dict[str, Any]:
    now = timezone.now()
    return {
        "cron": "" if timing.cron is None else timing.cron.text,
        "timezone": timing.zone.key,
        "next": shown(preview(timing, now)),
        "changes_of_clocks": shown(changes(timing, now)),
        "notes": list(notes),
    }


def progress(backfill: Backfill) -> dict[str, Any]:
    counts = backfill.fires.progress()
    return {
        "id": backfill.pk,
        "from": backfill.first,
        "to": backfill.last,
        "total": backfill.total,
        "left": counts["left"],
        "running": counts["running"],
        "done": counts["fired"] - counts["running"],
        "failed": counts["failed"],
        "concurrency": backfill.concurrency,
        "first_times": [],
        "cost": None,
        "ended_at": backfill.ended_at,
    }


def would_fill(found: Holes, cost: Figures, *, first: datetime, last: datetime, concurrency: int) -> dict[str, Any]:
    """What a dry run answers."""
    nothing = dict.fromkeys(("running", "done", "failed"), 0)
    number = len(found.times)
    return nothing | {
        "id": None,
        "from": first,
        "to": last,
        "total": number,
        "left": number,
        "concurrency": concurrency,
        "first_times": found.times[:100],
        "cost": cost.as_json(),
        "ended_at": None,
    }

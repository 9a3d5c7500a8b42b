"""A month of all schedules: what became of the days that are over, and what is to come."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from django.db.models import Count
from django.db.models.functions import TruncDate

from scheduling.models import Fire, Schedule
from scheduling.states import State

SCHEDULES: Final = 50
PER_DAY: Final = 25


@dataclass(frozen=True)
class Line:
    """One schedule on one day. `kind` is a colour: good, bad, quiet or coming."""

    schedule: Schedule
    text: str
    kind: str


@dataclass(frozen=True)
class Day:
    date: date
    of_month: bool
    is_today: bool
    lines: list[Line]


@dataclass(frozen=True)
class Month:
    weeks: list[list[Day]]
    before: date
    after: date
    left_out: int


def month_of(first: datetime, now: datetime) -> Month:
    """`first`: the first moment of the month, in the zone of whoever looks, as `now` is."""
    schedules = list(Schedule.objects.order_by("name")[:SCHEDULES])
    dates = calendar.Calendar().monthdatescalendar(first.year, first.month)
    past = _past(schedules, dates[0][0], dates[-1][-1], first)
    weeks = [[_day(one, first, now, schedules, past) for one in week] for week in dates]
    left_out = max(0, Schedule.objects.count() - SCHEDULES)
    following = (first.date() + timedelta(days=31)).replace(day=1)
    return Month(weeks, (first.date() - timedelta(days=1)).replace(day=1), following, left_out)


Counts = dict[tuple[date, object], dict[str, int]]


def _past(schedules: list[Schedule], first: date, last: date, zone: datetime) -> Counts:
    moments = [datetime.combine(day, datetime.min.time(), zone.tzinfo) for day in (first, last + timedelta(days=1))]
    rows = (
        Fire.objects.filter(schedule__in=schedules, logical_time__range=moments)
        .exclude(state=State.PLANNED)
        .order_by()
        .values("schedule_id", "state", day=TruncDate("logical_time", tzinfo=zone.tzinfo))
        .annotate(number=Count("pk"))
    )
    found: Counts = {}
    for row in rows:
        found.setdefault((row["day"], row["schedule_id"]), {})[row["state"]] = row["number"]
    return found


def _day(day: date, first: datetime, now: datetime, schedules: list[Schedule], past: Counts) -> Day:
    lines = [Line(one, *_told(past[day, one.pk])) for one in schedules if (day, one.pk) in past]
    begin = datetime.combine(day, datetime.min.time(), first.tzinfo)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), first.tzinfo)
    if end > now:
        lines += _coming(schedules, max(begin, now), end - timedelta(microseconds=1))
    return Day(day, day.month == first.month, day == now.date(), lines)


def _told(states: dict[str, int]) -> tuple[str, str]:
    words = ", ".join(f"{number} {State(state).label.lower()}" for state, number in sorted(states.items()))
    bad = State.FAILED in states
    return words, "bad" if bad else "good" if State.FIRED in states else "quiet"


def _coming(schedules: list[Schedule], begin: datetime, end: datetime) -> list[Line]:
    lines = []
    for schedule in schedules:
        times = list(islice(schedule.timing().between(begin, end), PER_DAY)) if schedule.enabled else []
        shown = [f"{time.astimezone(begin.tzinfo):%H:%M}" for time in times]
        if len(shown) == PER_DAY:
            lines.append(Line(schedule, f"{PER_DAY - 1}+ times from {shown[0]}", "coming"))
        elif shown:
            more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
            lines.append(Line(schedule, ", ".join(shown[:3]) + more, "coming"))
    return lines

"""What a cron expression means, found the slow way: every minute of the clock on the wall is looked at, one by one.

Written from decision D7 alone, knows nothing of the product."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
NAMES = {
    "month": {name: number for number, name in enumerate(MONTHS, 1)},
    "weekday": {name: number for number, name in enumerate(WEEKDAYS)},
}


def values(text: str, least: int, most: int, names: dict[str, int]) -> set[int]:
    found: set[int] = set()
    for part in text.lower().split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = least, most
        else:
            left, dash, right = span.partition("-")
            first = names[left] if left in names else int(left)
            last = (names[right] if right in names else int(right)) if dash else (most if step else first)
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def matches(cron: str, wall: datetime) -> bool:
    minute, hour, day, month, weekday = cron.split()
    if wall.minute not in values(minute, 0, 59, {}) or wall.hour not in values(hour, 0, 23, {}):
        return False
    if wall.month not in values(month, 1, 12, NAMES["month"]):
        return False
    of_month = wall.day in values(day, 1, 31, {})
    of_week = wall.isoweekday() % 7 in {one % 7 for one in values(weekday, 0, 7, NAMES["weekday"])}
    both = day.startswith("*") or weekday.startswith("*")
    return of_month and of_week if both else of_month or of_week


def fires(cron: str, zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    """All instants in [first, last]; both are whole minutes in UTC."""
    every_hour = values(cron.split()[1], 0, 23, {}) == set(range(24))
    found = set(_elapsed(cron, zone, first, last) if every_hour else _walls(cron, zone, first, last))
    return sorted(one for one in found if first <= one <= last)


def _elapsed(cron: str, zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Every minute that passes; what a clock leaves out by less than an hour is made up for."""
    instant = first
    before = wall_of(first - MINUTE, zone)
    while instant <= last:
        wall = wall_of(instant, zone)
        gap = wall - before - MINUTE
        made_up = gap > timedelta() and gap % timedelta(hours=1) and any_in(cron, before + MINUTE, wall)
        if made_up or matches(cron, wall):
            yield instant
        before, instant = wall, instant + MINUTE


def _walls(cron: str, zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Each time on the wall once: at its first instant, or where there is none at the first one after the gap."""
    seen: set[datetime] = set()
    instant = first - timedelta(hours=27)
    before = wall_of(instant - MINUTE, zone)
    while instant <= last:
        wall = wall_of(instant, zone)
        skipped = wall - before > MINUTE and any_in(cron, before + MINUTE, wall)
        if skipped or (wall not in seen and matches(cron, wall)):
            yield instant
        seen.add(wall)
        before, instant = wall, instant + MINUTE


def any_in(cron: str, first: datetime, end: datetime) -> bool:
    while first < end:
        if matches(cron, first):
            return True
        first += MINUTE
    return False


def wall_of(instant: datetime, zone: ZoneInfo) -> datetime:
    assert instant.tzinfo is UTC
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)

"""When a schedule is due: cron, interval or one time, from its start to its end (pure)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from scheduling.cron import EPOCH, Cron, meaning

SHOWN: Final = 5


@dataclass(frozen=True)
class Timing:
    """Exactly one of `cron`, `every` (counted from `anchor`) and `at` is given. The end belongs to it."""

    zone: ZoneInfo
    cron: Cron | None = None
    every: timedelta | None = None
    anchor: datetime | None = None
    at: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None

    def after(self, instant: datetime) -> Iterator[datetime]:
        """The times later than an instant, in order."""
        if self.start is not None and instant < self.start:
            instant = self.start - timedelta(microseconds=1)  # the start belongs to it
        for time in self._after(instant):
            if self.end is not None and time > self.end:
                return
            yield time

    def next(self, instant: datetime) -> datetime | None:
        return next(self.after(instant), None)

    def between(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Both belong to it."""
        for time in self.after(first - timedelta(microseconds=1)):
            if time > last:
                return
            yield time

    def _after(self, instant: datetime) -> Iterator[datetime]:
        if self.cron is not None:
            yield from self.cron.after(instant, self.zone)
        elif self.every is not None and self.anchor is not None:
            number = max(1, (instant - self.anchor) // self.every + 1)
            while True:
                yield self.anchor + number * self.every
                number += 1
        elif self.at is not None and self.at > instant:
            yield self.at


def delay(schedule_id: object, time: datetime, jitter: int) -> timedelta:
    """By how much a fire is put off: different for each, and the same whoever asks."""
    if not jitter:
        return timedelta()
    digest = hashlib.sha256(f"{schedule_id} {time.timestamp()}".encode()).digest()
    return timedelta(milliseconds=int.from_bytes(digest[:8], "big") % (jitter * 1000 + 1))


@dataclass(frozen=True)
class Shown:
    """A time for a person: in the zone and in UTC, and what the clocks do to it."""

    local: datetime
    utc: datetime
    note: str


def preview(timing: Timing, instant: datetime, number: int = SHOWN) -> list[Shown]:
    return [shown(timing, time) for time in islice(timing.after(instant), number)]


def shown(timing: Timing, time: datetime) -> Shown:
    return Shown(time.astimezone(timing.zone), time, _note(timing, time))


def changes(timing: Timing, instant: datetime, within: timedelta = timedelta(days=400)) -> list[Shown]:
    """The times of the coming year on which a change of the clocks tells: one of each kind."""
    found: dict[str, Shown] = {}
    if timing.cron is None:
        return []
    for moment in _moves(timing.zone, instant, instant + within):
        for time in timing.between(moment - timedelta(hours=3), moment + timedelta(hours=3)):
            one = shown(timing, time)
            if one.note and time > instant:
                found.setdefault(one.note.split(" ", 2)[2], one)
    return sorted(found.values(), key=lambda one: one.utc)[:4]


def _moves(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Hours in which the zone changes its offset."""
    day = first
    while day < last:
        if day.astimezone(zone).utcoffset() != (day + timedelta(days=1)).astimezone(zone).utcoffset():
            hours = (day + timedelta(hours=number) for number in range(24))
            yield from (
                hour + timedelta(hours=1)
                for hour in hours
                if hour.astimezone(zone).utcoffset() != (hour + timedelta(hours=1)).astimezone(zone).utcoffset()
            )
        day += timedelta(days=1)


def _note(timing: Timing, time: datetime) -> str:
    """What a person would be surprised by: "2027-03-14 02:30 does not exist: runs 03:00"."""
    if timing.cron is None:
        return ""
    local = time.astimezone(timing.zone).replace(tzinfo=None, fold=0)
    here = meaning(local, timing.zone)
    if here.kind == "twice":
        return _of_two(timing.cron, local, first=here.first == time)
    before = time - timedelta(minutes=1)
    gap = local - before.astimezone(timing.zone).replace(tzinfo=None, fold=0) - timedelta(minutes=1)
    if gap <= timedelta() or (timing.cron.every_hour and gap % timedelta(hours=1) == timedelta()):
        return ""
    missing = next(iter(_wall(timing.cron, local - gap)), local)
    return "" if missing >= local else f"{missing:%Y-%m-%d %H:%M} does not exist: runs {local:%H:%M}"


def _of_two(cron: Cron, local: datetime, *, first: bool) -> str:
    which = "the first of two" if first else "the second of two"
    only = "" if cron.every_hour else ": runs once"
    return f"{local:%Y-%m-%d %H:%M} comes twice, this is {which}{only}"


def _wall(cron: Cron, first: datetime) -> Iterator[datetime]:
    """Matching wall-clock times from the first on, whatever a zone makes of them."""
    utc = ZoneInfo("UTC")
    for time in cron.after((max(first, EPOCH) - timedelta(minutes=1)).replace(tzinfo=utc), utc):
        yield time.replace(tzinfo=None)

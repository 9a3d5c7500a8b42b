"""Five-field Unix cron in a time zone: which instants an expression means (pure; decision D7).

The fields are matched by cronsim on wall-clock times. What a wall-clock time means where a zone changes its clocks is
decided here. A time that does not exist runs once, right after the gap; one that exists twice runs once, the first
time. An expression for every hour follows elapsed time instead: clocks that are changed by whole hours take nothing
from it and add nothing to it."""

import heapq
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

FIELDS: Final = ("minute", "hour", "day of month", "month", "day of week")
EXAMPLES: Final = ("0-59", "0-23", "1-31", "1-12 or jan-dec", "0-7 or sun-sat, 0 and 7 are Sunday")
_PART: Final = re.compile(r"(\*|[0-9]+|[A-Z]{3})(-([0-9]+|[A-Z]{3}))?(/[0-9]+)?")
_EVERYTHING: Final = ("*", "*", "*", "*", "*")
# A change of the clocks by a day is the largest there was.
_NEAR: Final = timedelta(hours=26)
_WHOLE: Final = timedelta(hours=1)
EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001  a wall-clock time
LONGEST: Final = 255


class CronInvalid(Exception):
    """The text is no cron expression; the message names the field and what would be right."""


@dataclass(frozen=True)
class Cron:
    """An expression that has been read. `text` is it with single blanks, as it was written."""

    text: str
    _canonical: str = field(repr=False, compare=False)
    every_hour: bool = field(repr=False, compare=False)

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.text.split())

    def sets(self) -> tuple[frozenset[object], ...]:
        """What the fields mean: equal for expressions that mean the same."""
        sim = CronSim(self._canonical, EPOCH)
        weekdays = frozenset(day % 7 for day in sim.weekdays if isinstance(day, int))
        every = frozenset({sim.day_and})
        return (
            frozenset(sim.minutes),
            frozenset(sim.hours),
            frozenset(sim.days),
            frozenset(sim.months),
            weekdays,
            every,
        )

    def after(self, instant: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """The instants later than the given one, in order, in UTC. Ends when there are none within 50 years."""
        local = instant.astimezone(zone)
        offsets = {(instant + by).astimezone(zone).utcoffset() for by in (-_NEAR, timedelta(), _NEAR)}
        begin = local.replace(tzinfo=None, fold=0) - (_NEAR if len(offsets) > 1 else timedelta(minutes=1))
        last = instant
        for found in self._in_order(begin, zone):
            if found > last:
                last = found
                yield found

    def _in_order(self, begin: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Where a wall-clock time comes twice, its second instant is later than the first of the next ones."""
        waiting: list[datetime] = []
        for local in CronSim(self._canonical, begin):
            for instant in self._instants(local, zone):
                heapq.heappush(waiting, instant)
            first = _first(local, zone)
            while waiting and waiting[0] <= first:
                yield heapq.heappop(waiting)
        yield from sorted(waiting)

    def _instants(self, local: datetime, zone: ZoneInfo) -> list[datetime]:
        here = meaning(local, zone)
        if here.kind == "gap":
            return [] if self.every_hour and here.change % _WHOLE == timedelta() else [here.first]
        return [here.first, here.second] if self.every_hour and here.second != here.first else [here.first]


@dataclass(frozen=True)
class Meaning:
    """A wall-clock time in a zone. `kind`: once, twice or gap. `change`: by how much the clocks are changed there."""

    kind: str
    first: datetime
    second: datetime
    change: timedelta


def meaning(local: datetime, zone: ZoneInfo) -> Meaning:
    before, after = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    old, new = before.utcoffset() or timedelta(), after.utcoffset() or timedelta()
    first, second = ((local - offset).replace(tzinfo=UTC) for offset in (old, new))
    if old == new:
        return Meaning("once", first, first, timedelta())
    if old > new:
        return Meaning("twice", first, second, old - new)
    end = _change_between(second, first, zone)
    return Meaning("gap", end, end, new - old)


def _first(local: datetime, zone: ZoneInfo) -> datetime:
    return meaning(local, zone).first


def _change_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clocks are changed; `early` lies before it and `late` does not."""
    old = early.astimezone(zone).utcoffset()
    low, high = 0, int((late - early).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if (early + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old:
            low = middle
        else:
            high = middle
    return early + timedelta(seconds=high)


def parse(text: str) -> Cron:
    """Raises CronInvalid, with the field that is wrong."""
    fields = text.split()
    if len(text) > LONGEST:
        raise CronInvalid(f"The expression is longer than {LONGEST} characters.")
    if len(fields) != len(FIELDS):
        wanted = ", ".join(FIELDS)
        raise CronInvalid(f"{text.strip()!r} has {len(fields)} fields; write five of them: {wanted}.")
    canonical = [_field(position, one) for position, one in enumerate(fields)]
    whole = " ".join(canonical)
    try:
        sim = CronSim(whole, EPOCH)
        next(sim)
    except (CronSimError, StopIteration):
        raise CronInvalid(f"{text.strip()!r} never comes: no month has such a day.") from None
    return Cron(" ".join(fields), whole, set(sim.hours) == set(range(24)))


def _field(position: int, text: str) -> str:
    """One field as cronsim reads it; only what Unix knows is let through."""
    upper = text.upper()
    if position == len(FIELDS) - 1:
        upper = re.sub(r"(?<!SUN)(?<!\b0)-SUN\b", "-7", upper)  # a week may end with Sunday
    if all(_PART.fullmatch(part) for part in upper.split(",")) and "*-" not in upper:
        with suppress(CronSimError):
            return ",".join(_part(position, part) for part in upper.split(","))
    name, example = FIELDS[position], EXAMPLES[position]
    raise CronInvalid(
        f"The {name} {text!r} is not possible: use {example}, *, lists (1,3), ranges (1-3) and steps (*/2)."
    )


def _part(position: int, text: str) -> str:
    """One of a field's parts. Out of a range of one value cronsim steps on (5-5/2 is 5/2 to it), Unix does not."""
    span, _, step = text.partition("/")
    _alone(position, text)
    if not step or "-" not in span:
        return text
    sim = _alone(position, span)
    values = (sim.minutes, sim.hours, sim.days, sim.months, sim.weekdays)[position]
    return span if len(values) == 1 else text


def _alone(position: int, text: str) -> CronSim:
    """Raises CronSimError."""
    return CronSim(" ".join([*_EVERYTHING[:position], text, *_EVERYTHING[position + 1 :]]), EPOCH)

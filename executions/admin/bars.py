"""How many runs began in each hour, as bars: what the list shows, filters included."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncHour

from executions.models import GraphExecution
from executions.states import Status

HOURS: Final = 48
HEIGHT: Final = 48
STEP: Final = 12


@dataclass(frozen=True)
class Bar:
    """One hour; `bad` is the part of the runs that failed."""

    hour: datetime
    number: int
    bad: int
    left: int
    height: int
    bad_height: int

    @property
    def top(self) -> int:
        return HEIGHT - self.height

    @property
    def bad_top(self) -> int:
        return HEIGHT - self.bad_height


@dataclass(frozen=True)
class Chart:
    bars: list[Bar]
    tallest: int
    width: int = HOURS * STEP
    height: int = HEIGHT


def chart(runs: QuerySet[GraphExecution]) -> Chart | None:
    """The two days that end with the newest of the runs; None when there is none."""
    newest = runs.order_by("-created_at").values_list("created_at", flat=True).first()
    if newest is None:
        return None
    first = newest.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    rows = (
        GraphExecution.objects.filter(pk__in=runs.order_by().values("pk"), created_at__gte=first)
        .values(hour=TruncHour("created_at"))
        .annotate(number=Count("pk"), bad=Count("pk", filter=Q(status=Status.FAILED)))
        .order_by("hour")
    )
    counted = {row["hour"]: (row["number"], row["bad"]) for row in rows}
    tallest = max(number for number, _ in counted.values())
    hours = [first + timedelta(hours=number) for number in range(HOURS)]
    return Chart([_bar(place, hour, *counted.get(hour, (0, 0)), tallest) for place, hour in enumerate(hours)], tallest)


def _bar(place: int, hour: datetime, number: int, bad: int, tallest: int) -> Bar:
    return Bar(hour, number, bad, place * STEP, _height(number, tallest), _height(bad, tallest))


def _height(number: int, tallest: int) -> int:
    """Something is seen of every hour in which there was anything."""
    return max(2, number * HEIGHT // tallest) if number else 0

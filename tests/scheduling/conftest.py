from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from scheduling import services, ticking
from scheduling.models import Fire, Schedule, SystemJob
from tests.executions.conftest import drive  # noqa: F401  a fixture
from tests.graphs_for_tests import Build, Built

START = datetime(2027, 5, 3, 8, 59, 30, tzinfo=UTC)


@dataclass
class Clock:
    """The time of the whole path, as a test says it is. `tick` is what beat and the workers do."""

    now: datetime = START

    def tick(self, **by: float) -> None:
        self.now += timedelta(**by)
        ticking.tick()

    def run(self, until: datetime, *, step: float = 20) -> None:
        while self.now < until:
            self.tick(seconds=step)


@pytest.fixture
def clock(transactional_db: None) -> Iterator[Clock]:
    """No job of the platform is due on it."""
    clock = Clock()
    SystemJob.objects.update(next_at=START + timedelta(days=3650))
    with mock.patch.object(timezone, "now", side_effect=lambda: clock.now):
        yield clock


@dataclass
class Make:
    """Schedules of one graph in a few words."""

    built: Built
    made: list[Schedule] = field(default_factory=list)

    def __call__(self, cron: str = "0 * * * *", **fields: Any) -> Schedule:
        graph = self.built.version.graph
        if "every_seconds" not in fields and "at" not in fields:
            fields["cron"] = cron
        self.made.append(services.create(user=graph.owner, graph_id=graph.pk, name="nightly", **fields))
        return self.made[-1]


@pytest.fixture
def graph(build: Build) -> Built:
    return build({"i": ("AgentInput", {"name": "q"}), "e": "Echo"}, "i.result -> e.x")


@pytest.fixture
def schedule(graph: Built, clock: Clock, no_messages: object) -> Make:
    return Make(graph)


Ledger = Callable[[Schedule], list[tuple[str, str]]]


@pytest.fixture
def ledger() -> Ledger:
    def read(schedule: Schedule) -> list[tuple[str, str]]:
        rows = Fire.objects.filter(schedule=schedule).order_by("logical_time")
        return [(f"{row.logical_time:%H:%M}", row.state) for row in rows]

    return read

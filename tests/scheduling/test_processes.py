"""Real beats and real workers: every time is fired once, within a second, whoever dies."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone

from executions.models import GraphExecution
from scheduling import services
from scheduling.models import Schedule, SystemJob
from scheduling.states import State
from tests import stack
from tests.graphs_for_tests import Built
from tests.stack import Process, eventually

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]
LATEST = 1.0


@contextmanager
def beat() -> Iterator[Process]:
    command = [sys.executable, "-m", "celery", "-q", "-A", "config", "beat", "--pidfile=", "-l", "warning"]
    with subprocess.Popen(command, env=stack.environment()) as process, stack.ended(process):
        yield process


def every_second(graph: Built, number: int = 2) -> list[Schedule]:
    owner, pk = graph.version.graph.owner, graph.version.graph_id
    times: dict[str, Any] = {"every_seconds": 1, "misfire": "all", "misfire_limit": 1000}
    return [services.create(user=owner, graph_id=pk, name=f"s{number}", **times) for number in range(number)]


def each_was_fired_once(schedules: list[Schedule], least: int) -> None:
    """Without a hole from the first time to the last, and with one run each."""
    for schedule in schedules:
        services.pause(schedule)
    for schedule in schedules:
        # the pause itself may have come between a time and its fire
        fires = list(schedule.fires.exclude(state=State.SKIPPED).order_by("logical_time"))
        assert {fire.state for fire in fires} == {State.FIRED}
        assert len(fires) >= least
        first = fires[0].logical_time
        assert [fire.logical_time - first for fire in fires] == [timedelta(seconds=n) for n in range(len(fires))]
        assert len({fire.run_id for fire in fires}) == len(fires)
    total = sum(schedule.fires.filter(state=State.FIRED).count() for schedule in schedules)
    assert GraphExecution.objects.count() == total


def fired(schedules: list[Schedule]) -> int:
    return min(schedule.fires.filter(state=State.FIRED).count() for schedule in schedules)


def goes_on(schedules: list[Schedule], times: int) -> None:
    before = fired(schedules)
    eventually(lambda: fired(schedules) >= before + times, within=30)


@pytest.fixture
def quiet(broker: None) -> Iterator[None]:
    SystemJob.objects.update(next_at=timezone.now() + timedelta(days=1))
    yield
    current_app.control.purge()


@pytest.mark.usefixtures("quiet")
def test_two_beats_and_three_workers_fire_every_time_once(graph: Built) -> None:
    """Beats are killed at random moments and started again; one worker dies as well."""
    chance = random.Random()
    with ExitStack() as together:
        beats = [together.enter_context(beat()) for _ in range(2)]
        workers = [together.enter_context(stack.worker("io,cpu,engine", "-P", "threads", "-c", "4")) for _ in range(3)]
        schedules = every_second(graph)
        eventually(lambda: fired(schedules) >= 3, within=30)
        for _ in range(3):
            beats.pop(0).kill()
            beats.append(together.enter_context(beat()))
            goes_on(schedules, chance.randint(1, 3))
        workers[0].kill()
        goes_on(schedules, 3)
    each_was_fired_once(schedules, 8)


@pytest.mark.usefixtures("quiet")
def test_workers_fire_within_a_second_without_beat(graph: Built) -> None:
    with stack.worker("io,engine", "-P", "threads", "-c", "8"):
        schedules = every_second(graph, 3)
        began = time.monotonic()
        eventually(lambda: fired(schedules) >= 8, within=40)
        assert time.monotonic() - began < 20
    each_was_fired_once(schedules, 8)
    late = sorted(fire.late_seconds or 0 for one in schedules for fire in one.fires.all())
    assert late[len(late) // 2] < LATEST


@pytest.mark.usefixtures("quiet")
def test_beat_is_enough_where_no_worker_ticks(graph: Built) -> None:
    """A pool of processes ticks, too; it is given no schedule before beat has one to send."""
    with beat(), stack.worker("cpu,io,engine", "-P", "prefork", "-c", "2"):
        schedules = every_second(graph, 1)
        eventually(lambda: fired(schedules) >= 4, within=40)
    each_was_fired_once(schedules, 4)

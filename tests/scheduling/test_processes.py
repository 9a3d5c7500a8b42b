"""Real beats and real workers: every time is fired once, within a second, whoever dies."""

import random
import subprocess
import sys
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
    """Without a hole from the first time to the pause, and with one run each."""
    paused = timezone.now()
    for schedule in schedules:
        services.pause(schedule)
    for schedule in schedules:
        fires = list(schedule.fires.order_by("logical_time"))
        first = fires[0].logical_time
        assert [fire.logical_time - first for fire in fires] == [timedelta(seconds=n) for n in range(len(fires))]
        # the pause may have come between a time and its fire: not of the latest only, where many were due at once
        assert {fire.state for fire in fires if (fire.handled_at or paused) < paused} == {State.FIRED}
        assert {fire.state for fire in fires} <= {State.FIRED, State.SKIPPED}
        runs = [fire.run_id for fire in fires if fire.state == State.FIRED]
        assert len(runs) >= least
        assert len(set(runs)) == len(runs)
    total = sum(schedule.fires.filter(state=State.FIRED).count() for schedule in schedules)
    assert GraphExecution.objects.count() == total


def fired(schedules: list[Schedule]) -> int:
    return min(schedule.fires.filter(state=State.FIRED).count() for schedule in schedules)


def goes_on(schedules: list[Schedule], times: int) -> None:
    before = fired(schedules)
    eventually(lambda: fired(schedules) >= before + times, within=60)


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
        eventually(lambda: fired(schedules) >= 3, within=60)
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
        eventually(lambda: fired(schedules) >= 8, within=60)
    each_was_fired_once(schedules, 8)
    late = sorted(fire.late_seconds or 0 for one in schedules for fire in one.fires.filter(state=State.FIRED))
    # of all of them on a machine that does nothing else (python -m bench.schedules): tests share theirs
    assert late[len(late) // 2] < LATEST


@pytest.mark.usefixtures("quiet")
def test_beat_is_enough_where_no_worker_ticks(graph: Built) -> None:
    """A pool of processes ticks, too; it is given no schedule before beat has one to send."""
    with beat(), stack.worker("cpu,io,engine", "-P", "prefork", "-c", "2"):
        schedules = every_second(graph, 1)
        eventually(lambda: fired(schedules) >= 4, within=60)
    each_was_fired_once(schedules, 4)

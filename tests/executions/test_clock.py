"""A clock that jumps costs time, never work: forwards nothing is done twice, backwards nothing waits for an hour."""

from contextlib import AbstractContextManager
from datetime import timedelta
from unittest import mock

import pytest
from celery import current_app
from django.db import OperationalError
from django.utils import timezone

from executions import rates, sweeping
from executions.engine import admission
from executions.engine.attempt import End
from executions.engine.stop import mark
from executions.models import GraphExecution
from scheduling.beat import Scheduler
from scheduling.system import ensure_system_jobs
from tests.executions.test_faults import attempted
from tests.graphs_for_tests import Build

HOUR = timedelta(hours=1)


def jumped(by: timedelta) -> AbstractContextManager[object]:
    real = timezone.now
    return mock.patch.object(timezone, "now", side_effect=lambda: real() + by)


@pytest.mark.usefixtures("transactional_db", "no_messages")
def test_what_was_left_lying_is_found_although_it_seems_to_lie_ahead(build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    waiting, idle, stopped = built.start(), built.start(), built.start()
    for run in (idle, stopped):
        admission.admit(run.pk)
    assert attempted(built.of(idle, "a")[0]) is End.DONE
    mark([stopped.pk])
    with jumped(-HOUR):
        swept = sweeping.sweep()
    assert (swept.admitted, swept.concluded, swept.stopped) == (1, 1, 1)
    found = GraphExecution.objects.in_bulk([waiting.pk, idle.pk, stopped.pk])
    assert [found[run.pk].status for run in (waiting, idle, stopped)] == ["RUNNING", "COMPLETED", "TERMINATED"]


@pytest.mark.usefixtures("broker")
def test_sweeps_go_on_when_the_clock_is_set_back() -> None:
    with mock.patch("time.time", return_value=1_800_000_000.0):
        assert [rates.first_in("jump", 4) for _ in range(2)] == [True, False]
    with mock.patch("time.time", return_value=1_799_996_400.0):
        assert [rates.first_in("jump", 4) for _ in range(2)] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_beat_plans_again_when_the_clock_is_set_back() -> None:
    ensure_system_jobs()
    beat = Scheduler(app=current_app, lazy=True)
    with mock.patch.object(Scheduler, "apply_entry") as sent:
        beat.tick()
        for entry in beat.schedule.values():
            entry.last_run_at = timezone.now() + HOUR
        beat.populate_heap()
        beat._behind += HOUR.total_seconds()
        sent.reset_mock()
        assert beat.tick() <= 5  # and not an hour
        assert all(entry.last_run_at <= timezone.now() for entry in beat.schedule.values())
    beat._finalize.cancel()


@pytest.mark.django_db(transaction=True)
def test_beat_survives_a_database_that_is_away() -> None:
    beat = Scheduler(app=current_app, lazy=True)
    with mock.patch.object(Scheduler, "populate_heap", side_effect=OperationalError("gone")):
        assert beat.tick() == 1
    beat._finalize.cancel()

"""Which workers are gone, judged without comparing clocks."""

import os
from itertools import count
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import InterfaceError

from executions import heartbeat, liveness
from executions.liveness import FailureDetector, LoopWatch
from executions.models import Worker
from tests.executions.test_takeback import row


def test_a_worker_that_is_silent_for_long_enough_is_gone() -> None:
    detector, worker = FailureDetector(10), row(beats=7)
    assert [now for now in range(0, 16, 3) if detector.silent([worker], now)] == [12, 15]


def test_a_worker_that_renews_its_row_is_never_gone_however_slowly_clocks_go() -> None:
    detector, beats = FailureDetector(10), count()
    assert not any(detector.silent([row(pk=uuid4(), beats=next(beats))], now) for now in range(0, 100, 4))


def test_who_was_away_itself_learns_anew_who_lives() -> None:
    """The database was not reachable for a minute: nobody could renew anything."""
    detector, worker = FailureDetector(10), row(beats=7)
    assert not any(detector.silent([worker], now) for now in (0, 3, 63, 66, 69, 72))
    assert detector.silent([worker], 75) == [worker]


def test_a_process_that_has_ended_on_this_machine_is_known_to_be_gone() -> None:
    process = os.posix_spawn("/bin/true", ["true"], {})
    assert not liveness.has_ended(row(pid=process))
    os.waitpid(process, 0)
    assert liveness.has_ended(row(pid=process))


def test_a_process_id_of_another_machine_or_container_says_nothing() -> None:
    process = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(process, 0)
    assert not liveness.has_ended(row(pid=process, host="elsewhere"))
    assert not liveness.has_ended(row(pid=process, place="another boot"))


@pytest.mark.django_db
def test_a_worker_that_renewed_its_row_in_the_meantime_is_not_marked() -> None:
    worker = row(beats=7)
    worker.save()
    Worker.objects.update(beats=8)
    assert not liveness.mark_gone(worker)


def test_the_time_for_which_a_loop_has_a_reason_to_stand_still_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(liveness, "time", SimpleNamespace(monotonic=lambda: now[0]))
    watch, seen = LoopWatch(60), []
    for now[0], broker in [(40, "away"), (80, "away"), (110, ""), (139, ""), (141, "")]:
        seen.append(watch.stands_still(lambda broker=broker: broker))  # type: ignore[misc]
    assert seen == [False, False, False, False, True]


def test_a_process_that_stood_still_as_a_whole_does_not_blame_its_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was suspended for a while: the thread that watches may be the first to go on."""
    now = [0.0]
    monkeypatch.setattr(liveness, "time", SimpleNamespace(monotonic=lambda: now[0]))
    watch, seen = LoopWatch(60), []
    for now[0] in (3, 500, 503):
        seen.append(watch.stands_still(lambda: ""))
    assert seen == [False, False, False]


def test_the_heartbeat_goes_on_when_a_lost_connection_cannot_even_be_closed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise InterfaceError("the connection is lost")

    monkeypatch.setattr(heartbeat, "connection", SimpleNamespace(close=fail))
    heartbeat.Heartbeat(row(), set, list)._guarded(lambda: None)
    assert "the heartbeat of io@here failed" in caplog.text


@pytest.mark.django_db
def test_a_worker_whose_row_is_removed_again_and_again_is_not_taken_for_silent() -> None:
    living, seen = heartbeat.Heartbeat(row(), set, list), []
    for _ in range(3):
        living._beat()
        seen.append(Worker.objects.get().beats)
        Worker.objects.all().delete()
    assert len(set(seen)) == 3

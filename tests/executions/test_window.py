"""How many messages of one user wait in a queue (executions.window)."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import connection

from accounts.models import User
from config import brokers
from executions import publishing, statements, sweeping, window
from executions.engine import admission, pausing
from executions.facts import facts_of
from executions.models import GraphExecution, NodeExecution, Worker
from executions.states import Status
from tests.executions import fleet
from tests.executions.runs import afford, end_of, values
from tests.executions.test_processes import others_pause
from tests.graphs_for_tests import Build, Built

FITS = 20


@pytest.fixture
def nobody_works(broker: None, transactional_db: None) -> Iterator[None]:
    current_app.control.purge()
    yield
    current_app.control.purge()


def wide(build: Build, nodes: int) -> Built:
    return build({f"e{number}": ("Echo", {"x": number}) for number in range(nodes)})


def admitted(built: Built) -> GraphExecution:
    run = built.start()
    admission.admit(run.pk)
    return run


def unsent(run: GraphExecution) -> int:
    return NodeExecution.objects.never_sent().filter(run=run).count()


def at_once(queue: str) -> str:
    return queue


def messages(*lists: Callable[[str], str]) -> int:
    server: Any = redis.Redis.from_url(settings.REDIS_URL)
    return sum(server.llen(of("cpu")) for of in lists or (at_once, brokers.late))


@pytest.mark.usefixtures("nobody_works")
def test_what_does_not_fit_is_sent_when_something_has_ended(build: Build) -> None:
    run = admitted(wide(build, 30))
    assert (messages(), unsent(run)) == (FITS, 10)
    for _ in range(10):
        publishing.publish_next(run.pk, "cpu", [])
    assert (messages(), unsent(run)) == (30, 0)


@pytest.mark.usefixtures("nobody_works")
def test_places_are_filled_although_another_process_has_taken_the_same_ones(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, of_the_other = admitted(wide(build, 60)), list[Any]()

    mark_sent = statements.mark_sent

    def late(execution_ids: Sequence[UUID], at: datetime) -> list[UUID]:
        if of_the_other:
            return mark_sent(execution_ids, at)
        of_the_other.extend(mark_sent(execution_ids, at))
        return []

    monkeypatch.setattr(window, "mark_sent", late)
    for _ in range(10):
        publishing.publish_next(run.pk, "cpu", [])
    assert (len(of_the_other), unsent(run)) == (10, 20)


@pytest.mark.usefixtures("nobody_works")
def test_threads_that_end_at_one_moment_fill_all_their_places(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = 32
    Worker.objects.filter(pk=fleet.worker("cpu").pk).update(size=threads)
    monkeypatch.setattr(window, "_SLOTS", window._Slots())
    run = admitted(wide(build, 4 * threads))
    assert unsent(run) == 2 * threads
    together = threading.Barrier(threads)

    def end() -> None:
        together.wait()
        try:
            publishing.publish_next(run.pk, "cpu", [])
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        for ended in [pool.submit(end) for _ in range(threads)]:
            ended.result()
    assert unsent(run) == threads


@pytest.mark.usefixtures("nobody_works")
def test_when_workers_join_the_next_ends_fill_their_places(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    run = admitted(wide(build, 60))
    assert unsent(run) == 40
    Worker.objects.filter(pk=fleet.worker("cpu").pk).update(size=32)
    monkeypatch.setattr(window, "_SLOTS", window._Slots())
    window._SEEN.clear()  # it ends in one of their processes
    for _ in range(2):
        publishing.publish_next(run.pk, "cpu", [])
    assert unsent(run) == 0


@pytest.mark.usefixtures("nobody_works")
def test_what_another_process_held_back_is_found_with_the_first_end(build: Build) -> None:
    run, earlier = admitted(wide(build, 30)), admitted(wide(build, 1))
    window._SEEN.clear()  # that process knew the queue was full, this one does not
    for queue in ("io", "cpu"):
        list(window.after(facts_of(earlier.pk), queue, []))
    NodeExecution.objects.filter(run=run).update(published_at=None)
    window._SEEN[run.user_id, "cpu"].full = False
    publishing.publish_next(run.pk, "cpu", [])
    assert unsent(run) == 29


@pytest.mark.usefixtures("nobody_works")
def test_what_is_held_back_keeps_its_place_in_the_chord(build: Build) -> None:
    run = admitted(wide(build, 30))
    assert NodeExecution.objects.filter(run=run, has_place=True).count() == 10


@pytest.mark.usefixtures("nobody_works")
def test_others_are_sent_at_once(build: Build) -> None:
    admitted(wide(build, 30))
    bob = User.objects.create_user("bob")
    afford(bob, 100)
    other = admitted(wide(Build(bob), 5))
    assert unsent(other) == 0


@pytest.mark.usefixtures("nobody_works")
def test_messages_of_a_user_who_has_more_than_fits_stand_behind_those_of_others(build: Build) -> None:
    run = admitted(wide(build, 30))
    bob = User.objects.create_user("bob")
    afford(bob, 100)
    admitted(wide(Build(bob), 5))
    assert (messages(at_once), messages(brokers.late)) == (5, FITS)
    for _ in range(10):
        publishing.publish_next(run.pk, "cpu", [])
    assert (messages(at_once), messages(brokers.late)) == (5, FITS + 10)


@pytest.mark.usefixtures("nobody_works")
def test_the_sweep_fills_up_what_fits_and_no_more(build: Build) -> None:
    run = admitted(wide(build, 30))
    sweeping.republished()
    assert unsent(run) == 10
    NodeExecution.objects.filter(pk__in=run.node_executions.exclude(published_at=None)[:4]).close(
        Status.TERMINATED, run.created_at
    )
    sweeping.republished()
    assert (messages(), unsent(run)) == (FITS + 4, 6)


@pytest.mark.usefixtures("nobody_works")
def test_who_sends_what_was_held_back_asks_nothing_about_its_runs(
    build: Build, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for _ in range(2):
        admitted(wide(build, FITS))
    NodeExecution.objects.update(published_at=None)
    found = window.refill()
    facts_of.cache_clear()
    with django_assert_num_queries(0):
        publishing.CelerySender().nodes(found)
    assert len({one.run_id for one in found}) == 2


@pytest.mark.usefixtures("nobody_works")
def test_runs_of_a_user_take_turns(build: Build) -> None:
    built = wide(build, 15)
    runs = [admitted(built) for _ in range(3)]
    assert [unsent(run) for run in runs] == [0, 10, 15]
    for _ in range(10):
        publishing.publish_next(runs[0].pk, "cpu", [])
    assert [unsent(run) for run in runs[1:]] == [5, 10]


@pytest.mark.usefixtures("nobody_works")
def test_without_a_window_all_is_sent(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PUBLISH_WINDOW", 0)
    assert unsent(admitted(wide(build, 30))) == 0


@pytest.mark.usefixtures("nobody_works")
def test_what_waits_in_one_queue_takes_no_place_in_another(build: Build) -> None:
    run = admitted(wide(build, 30))
    assert list(window.after(facts_of(run.pk), "io", [])) == []
    assert unsent(run) == 10


@pytest.mark.usefixtures("nobody_works")
def test_a_run_that_waits_for_its_admission_takes_no_place(build: Build) -> None:
    wide(build, 30).start()
    assert unsent(admitted(wide(build, 5))) == 0


@pytest.mark.usefixtures("nobody_works")
def test_a_paused_run_takes_no_place(build: Build) -> None:
    pausing.pause(admitted(wide(build, FITS)).pk)
    assert unsent(admitted(wide(build, 5))) == 0


@pytest.mark.usefixtures("nobody_works")
def test_a_process_that_saw_a_full_queue_looks_again(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    run = admitted(wide(build, 30))
    run.node_executions.all().close(Status.TERMINATED, run.created_at)
    monkeypatch.setattr(window, "LOOK_SECONDS", 0.0)
    assert unsent(admitted(wide(build, 5))) == 0


@pytest.mark.worker
@pytest.mark.usefixtures("workers")
def test_a_small_run_overtakes_what_another_user_has_waiting(build: Build) -> None:
    bob = User.objects.create_user("bob")
    afford(bob, 100)
    with others_pause("cpu"):
        run = admitted(wide(build, 60))
        small = admitted(wide(Build(bob), 1))
    [begun] = [one.start_time for one in end_of(small).node_executions.all()]
    assert end_of(run).node_executions.filter(start_time__lt=begun).count() < FITS


@pytest.mark.worker
def test_a_run_that_does_not_fit_ends(workers: Callable[..., Any], build: Build) -> None:
    built = build({"m": ("Multi", {"xs": list(range(90))}), "e": "Echo"}, "m.item -> e.x")
    run = end_of(built.start())
    assert run.status == Status.COMPLETED
    assert sorted(values(built, run, "e")) == list(range(90))

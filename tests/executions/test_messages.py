"""Messages are hints: twice, late, never, without a chord, in one process — the result is the same."""

from datetime import timedelta
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.utils import timezone

import credits.services
from executions import chords, publishing, sweeping
from executions.engine import admission
from executions.engine.attempt import End, attempt
from executions.engine.claim import Ask, Holder
from executions.models import NodeExecution
from executions.states import Status
from tests import stack
from tests.executions.runs import TEST_BLOCKS, end_of, statuses, values
from tests.graphs_for_tests import Build, Built
from tests.silence import Silent
from tests.stack import eventually

worker = pytest.mark.worker


def diamond(build: Build) -> Built:
    return build(
        {"m": ("Multi", {"xs": [1, 2, 3]}), "a": "Echo", "b": "Echo", "p": "Pair", "o": ("AgentOutput", {"name": "r"})},
        "m.item -> a.x",
        "m.item -> b.x",
        "a.out -> p.a",
        "b.out -> p.b",
        "p.out -> o.value",
    )


def is_right(built: Built, run: Any) -> None:
    assert run.status == Status.COMPLETED
    assert run.stats["node_exec_count"] == 1 + 3 + 3 + 3 + 3
    assert sorted(a for a, _ in values(built, run, "p")) == [1, 2, 3]


def _ended(run: Any) -> bool:
    sweeping.sweep()
    run.refresh_from_db()
    return bool(run.is_final)


@worker
@pytest.mark.parametrize("chords", ["true", "false"])
def test_one_process_with_one_slot_is_enough(broker: None, transactional_db: None, build: Build, chords: str) -> None:
    """Sub-graphs, timers and joins: nothing waits for a second worker, with chords and without."""
    child = build(
        {
            "i": ("AgentInput", {"name": "q"}),
            "t": ("CountdownTimer", {"seconds": 1}),
            "o": ("AgentOutput", {"name": "ans"}),
        },
        "i.result => t.input_message",
        "t.output_message -> o.value",
    )
    built = build(
        {"a": build.executor(child, q=1), "b": build.executor(child, q=2), "p": "Pair"}, "a.ans -> p.a", "b.ans -> p.b"
    )
    with stack.worker("io,cpu,engine", "-P", "prefork", "-c", "1", PETIOLE_CHORDS=chords):
        run = end_of(built.start(), within=60)
    current_app.control.purge()
    assert values(built, run, "p") == [[1, 2]]


@worker
def test_a_broker_that_was_emptied_costs_time_and_nothing_else(workers: Any, build: Build) -> None:
    built = build(
        {"c": (TEST_BLOCKS["Count"], {"n": 4, "pause": 0.3}), "e": "Echo", "o": ("AgentOutput", {"name": "r"})},
        "c.out -> e.x",
        "e.out -> o.value",
    )
    run = built.start()
    eventually(lambda: statuses(built, run, "e"))
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    eventually(lambda: _as_if_later(run) and _ended(run), within=60)
    assert run.status == Status.COMPLETED
    assert sorted(values(built, run, "e")) == [0, 1, 2, 3]


def _as_if_later(run: Any) -> bool:
    """The sweep's patience, shortened: what was published long ago is published again."""
    NodeExecution.objects.filter(run=run, status=Status.QUEUED).update(published_at=timezone.now() - timedelta(hours=1))
    return True


@pytest.mark.usefixtures("transactional_db")
def test_the_sweep_alone_brings_a_run_to_its_end(no_messages: Silent, build: Build) -> None:
    built = diamond(build)
    run = built.start()
    admission.admit(run.pk)
    for _ in range(100):
        NodeExecution.objects.filter(status=Status.QUEUED).update(published_at=None)
        no_messages.asked.clear()
        sweeping.sweep()
        for kind, pk in no_messages.asked:
            node = NodeExecution.objects.get(pk=pk) if kind == "node" else None
            if node is not None:
                attempt(Ask(node.pk, node.dispatch, Holder("me")), lambda ready: None)
        if not NodeExecution.objects.outstanding().exists():
            break
    type(run).objects.update(started_at=timezone.now() - timedelta(minutes=1))
    sweeping.sweep()
    run.refresh_from_db()
    is_right(built, run)


@pytest.mark.usefixtures("transactional_db")
def test_a_message_that_comes_again_changes_nothing(no_messages: Silent, build: Build) -> None:
    built = build({"a": ("Paid", {"x": 1}), "e": "Echo"}, "a.out -> e.x")
    run = built.start()
    admission.admit(run.pk)
    [node] = built.of(run, "a")
    assert attempt(Ask(node.pk, 1, Holder("me")), lambda ready: None).end is End.DONE
    assert attempt(Ask(node.pk, 1, Holder("me")), lambda ready: None).end is End.DONE
    assert values(built, run, "a") == [1]
    assert len(built.of(run, "e")) == 1
    assert credits.services.balance(run.user_id) == 1_000_000 - 10


@pytest.mark.usefixtures("transactional_db", "no_messages")
def test_a_message_for_a_claimed_node_is_a_duplicate(build: Build) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    admission.admit(run.pk)
    NodeExecution.objects.update(status=Status.RUNNING, claim_token=run.pk, start_time=run.created_at)
    assert attempt(Ask(run.node_executions.get().pk, 1, Holder("me")), lambda ready: None).end is End.DUPLICATE


@pytest.mark.usefixtures("transactional_db", "no_messages")
def test_an_old_dispatch_number_starts_nothing(build: Build) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    admission.admit(run.pk)
    NodeExecution.objects.update(dispatch=2)
    node = run.node_executions.get()
    assert attempt(Ask(node.pk, 1, Holder("me")), lambda ready: None).end is End.DUPLICATE
    assert publishing.task_id(node.pk, 1) != publishing.task_id(node.pk, 2)


@pytest.mark.usefixtures("broker")
def test_the_members_of_a_chord_that_never_ends_are_forgotten() -> None:
    backend: Any = current_app.backend
    size, members = (backend.get_key_for_group("never", ending) for ending in (".s", ".t"))
    assert chords.join("never", 2)
    assert backend.client.ttl(members) > 0
    backend.client.delete(members)
    assert not chords.reserve("never")
    backend.client.set(size, 1, ex=60)
    assert chords.reserve("never")
    assert backend.client.ttl(members) > 0
    backend.client.delete(size, members)

"""What goes wrong in the engine's surroundings is neither the block's failure nor the end of a value."""

import threading
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

import credits.services
from accounts.models import User
from executions import database, services, sweeping
from executions.engine import admission
from executions.engine.attempt import End, attempt
from executions.engine.claim import Ask, Holder
from executions.engine.pulse import PULSE
from executions.engine.running import Attempt
from executions.facts import facts_of
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from notifications.models import Notice
from tests.executions.driver import Driver, Message
from tests.executions.faults import CLAIM, END, ENTRY, OUTPUTS, refused, unanswered
from tests.executions.runs import TEST_BLOCKS, statuses, values
from tests.graphs_for_tests import Build, Built
from tests.silence import Silent
from tests.stack import eventually

GONE = OperationalError("server closed the connection unexpectedly")
KILLED = SystemExit("killed")


def arrives(message: Message) -> bool:
    """No message is lost; unlike `never`, the sweep may find what was never sent."""
    return False


def attempted(node: NodeExecution, *, in_chord: bool = False) -> End:
    node.refresh_from_db()
    return attempt(Ask(node.pk, node.dispatch, Holder("me"), in_chord), lambda ready: None).end


def is_once(built: Built, run: GraphExecution, key: str, expected: list[object], *, mishaps: int) -> None:
    [node] = built.of(run, key)
    assert (run.status, node.status, node.failures) == (Status.COMPLETED, Status.COMPLETED, 0)
    assert (values(built, run, key), node.mishaps) == (expected, mishaps)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine gives a statement up after two tries."""
    monkeypatch.setattr(database, "TRIES", 2)


# -- Outputs on their way


@pytest.mark.usefixtures("impatient")
def test_an_output_that_the_pulse_could_not_store_is_not_lost(drive: Driver, build: Build) -> None:
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 2, "pause": 0.6}), "e": "Echo"}, "c.out -> e.x")
    with refused(*OUTPUTS, error=GONE, times=2, thread="petiole-pulse"):
        run = drive(built.start())
    is_once(built, run, "c", [0, 1], mishaps=1)
    assert values(built, run, "e") == [0, 1]


def test_the_pulse_survives_a_full_disk(drive: Driver, build: Build) -> None:
    drive(build({"e": ("Echo", {"x": 1})}).start())
    [pulse] = [thread for thread in threading.enumerate() if thread.name == "petiole-pulse"]
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 2, "pause": 0.4})})
    with refused(*OUTPUTS, error=OSError("No space left on device"), thread="petiole-pulse"):
        run = drive(built.start())
    is_once(built, run, "c", [0, 1], mishaps=1)
    assert pulse.is_alive()


@pytest.mark.usefixtures("transactional_db")
def test_the_pulse_goes_on_with_the_others_whatever_happens_to_one() -> None:
    asked: list[str] = []
    troubled, other = (Attempt(uuid4(), uuid4(), None) for _ in range(2))
    with refused(
        "SELECT", '"claim_token"', error=ValueError("a row that cannot be read"), thread="petiole-pulse"
    ) as left:
        PULSE.watch(troubled, partial(exec, "1 / 0"))
        PULSE.watch(other, partial(asked.append, "other"))
        eventually(lambda: not left)
    asked.clear()
    eventually(lambda: asked)
    PULSE.forget(troubled)
    PULSE.forget(other)


@pytest.mark.usefixtures("impatient")
def test_a_database_that_is_gone_for_a_while_is_no_failure_of_the_block(drive: Driver, build: Build) -> None:
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 150})})
    with refused(*OUTPUTS, error=GONE, times=2):
        run = drive(built.start())
    is_once(built, run, "c", list(range(150)), mishaps=1)


# -- Commits whose answer was lost


def test_a_run_whose_start_was_not_answered_is_there_once(drive: Driver, build: Build) -> None:
    drive.loses = arrives
    built = build({"a": ("Echo", {"x": 1})})
    with unanswered('INSERT INTO "executions_graphexecution"', error=GONE):
        run = drive(built.start())
    is_once(built, run, "a", [1], mishaps=0)
    assert GraphExecution.objects.count() == 1


def test_a_retry_whose_answer_was_lost_is_made_once(drive: Driver, build: Build) -> None:
    drive.loses = arrives
    built = build({"a": ("Echo", {"x": 1})})
    run = services.stop_run(built.start())
    with unanswered('UPDATE "executions_graphexecution"', '"retries"', error=GONE):
        assert services.retry_run(run).retries == 1
    is_once(built, drive(run), "a", [1], mishaps=0)


def test_a_claim_whose_answer_was_lost_is_kept(drive: Driver, build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    with unanswered(*CLAIM, error=GONE):
        run = drive(built.start())
    is_once(built, run, "a", [1], mishaps=0)


def test_a_paid_claim_whose_answer_was_lost_is_kept_and_paid_once(drive: Driver, build: Build, user: User) -> None:
    before = credits.services.balance(user.pk)
    built = build({"a": ("Paid", {"x": 1})})
    with unanswered(*CLAIM, error=GONE):
        run = drive(built.start())
    is_once(built, run, "a", [1], mishaps=0)
    assert before - credits.services.balance(user.pk) == run.stats["cost"] == 10


def test_outputs_whose_commit_was_not_answered_are_stored_once(drive: Driver, build: Build) -> None:
    drive.loses = arrives
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 120}), "e": "Echo"}, "c.out -> e.x")
    with unanswered(*OUTPUTS, error=GONE):
        run = drive(built.start())
    is_once(built, run, "c", list(range(120)), mishaps=0)
    assert sorted(values(built, run, "e")) == list(range(120))


def test_a_last_commit_whose_answer_was_lost_is_made_once(drive: Driver, build: Build) -> None:
    drive.loses = arrives
    built = build({"a": ("Paid", {"x": 1}), "e": "Echo"}, "a.out -> e.x")
    with unanswered(*END, error=GONE):
        run = drive(built.start())
    is_once(built, run, "a", [1], mishaps=0)
    assert values(built, run, "e") == [1]


# -- Processes that end at the worst moment


def test_a_process_killed_before_it_published_leaves_the_successors_to_the_next_message(
    drive: Driver, build: Build
) -> None:
    built = build({"a": ("Echo", {"x": 1}), "e": "Echo"}, "a.out -> e.x")
    run = built.start()
    drive.step()
    [message] = drive.messages
    with unanswered(*END, error=KILLED), pytest.raises(SystemExit):
        drive.step()
    drive.messages.append(message)
    assert drive(run).status == Status.COMPLETED
    assert (values(built, run, "a"), values(built, run, "e")) == ([1], [1])


def test_a_process_killed_between_an_unpaid_node_and_its_run_does_not_save_the_run(
    drive: Driver, build: Build, user: User
) -> None:
    credits.services.grant(user.pk, 5 - credits.services.balance(user.pk), reason="nearly nothing")
    built = build({"a": ("Paid", {"x": 1}), "e": ("Echo", {"x": 1})})
    run = built.start()
    drive.step()
    with unanswered(*OUTPUTS, error=KILLED), pytest.raises(SystemExit):
        drive.step()
    drive.loses = arrives
    GraphExecution.objects.filter(stop_requested_at__isnull=False).update(stop_requested_at=run.created_at)
    assert drive(run).status == Status.FAILED
    assert "Insufficient balance" in run.stats["error"]
    assert [notice.kind for notice in Notice.objects.filter(user=user)] == ["ZERO_BALANCE"]


def test_a_block_that_must_not_run_twice_is_not_called_after_an_engine_error(
    drive: Driver, build: Build, impatient: None
) -> None:
    built = build({"a": (TEST_BLOCKS["Once"], {"x": 1})})
    with refused(*END, error=GONE, times=2):
        run = drive(built.start())
    [node] = built.of(run, "a")
    assert (node.status, node.attempt, values(built, run, "a")) == (Status.FAILED, 2, [])
    assert "It may have been executed" in node.stats["error"]


def test_a_block_that_must_not_run_twice_is_not_called_after_its_worker_was_lost(drive: Driver, build: Build) -> None:
    drive.loses = arrives
    built = build({"a": (TEST_BLOCKS["Once"], {"x": 1})})
    run = built.start()
    drive.step()
    with unanswered(*ENTRY, error=KILLED), pytest.raises(SystemExit):
        drive.step()
    [node] = built.of(drive(run), "a")
    assert (node.status, node.attempt, values(built, run, "a")) == (Status.FAILED, 2, [])
    assert "It may have been executed" in node.stats["error"]


# -- The sweep


@pytest.mark.usefixtures("transactional_db", "no_messages")
def test_a_run_that_cannot_be_concluded_does_not_hold_up_the_others(build: Build) -> None:
    built = build({"a": ("Echo", {"x": 1})})
    runs = [built.start() for _ in range(3)]
    for run in runs:
        admission.admit(run.pk)
        assert attempted(built.of(run, "a")[0]) is End.DONE
    GraphExecution.objects.update(started_at=runs[0].created_at - timedelta(minutes=1))
    GraphExecution.objects.filter(pk=runs[1].pk).update(nodes_to_skip=["no id at all"])
    facts_of.cache_clear()
    assert sweeping.sweep().concluded == 2
    ended = GraphExecution.objects.order_by("created_at").values_list("status", flat=True)
    assert list(ended) == [Status.COMPLETED, Status.RUNNING, Status.COMPLETED]


@pytest.mark.usefixtures("transactional_db", "no_messages")
def test_work_that_the_sweep_cannot_do_does_not_keep_it_from_the_rest(build: Build) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    GraphExecution.objects.update(created_at=run.created_at - timedelta(minutes=1))
    with refused("SELECT", '"wakes_at" <=', error=ValueError("a row that cannot be read")):
        assert sweeping.sweep().admitted == 1


@pytest.mark.usefixtures("transactional_db")
def test_a_run_that_waited_for_its_slot_is_not_published_twice(no_messages: Silent, build: Build) -> None:
    run = build({"a": ("Echo", {"x": 1})}).start()
    NodeExecution.objects.update(published_at=timezone.now() - timedelta(hours=1))
    admission.admit(run.pk)
    no_messages.asked.clear()
    assert sweeping.sweep().republished == 0
    assert no_messages.asked == []


# -- Sub-graphs, copies


def test_what_a_failed_child_has_cost_is_kept_when_another_one_succeeds(
    drive: Driver, build: Build, user: User
) -> None:
    before = credits.services.balance(user.pk)
    nodes = {"i": ("AgentInput", {"name": "q"}), "p": "Paid", "o": ("AgentOutput", {"name": "ans"})}
    child = build(nodes, "i.result => p.x", "p.out -> o.value")
    built = build({"s": build.executor(child, q=1)}, s={"retry": {"attempts": 2, "delay_seconds": 0.01}})
    run = built.start()
    while not NodeExecution.objects.filter(run__parent=run, cost__gt=0, status=Status.COMPLETED).exists():
        drive.step()
    services.stop_run(run.children.get(), wait=0)
    drive(run)
    assert [one.status for one in run.children.order_by("created_at")] == [Status.TERMINATED, Status.COMPLETED]
    assert run.stats["cost"] == before - credits.services.balance(user.pk) == 20


@pytest.mark.usefixtures("transactional_db", "no_messages")
@pytest.mark.parametrize(("copy", "answer"), [(True, End.NOTHING), (False, End.DUPLICATE)])
def test_a_member_of_the_chord_gives_its_place_up_only_to_a_copy_outside(
    build: Build, *, copy: bool, answer: End
) -> None:
    """A place that nobody fills would keep the chord from ever ending."""
    built = build({"a": ("Echo", {"x": 1})})
    run = built.start()
    admission.admit(run.pk)
    NodeExecution.objects.update(
        status=Status.RUNNING, claim_token=run.pk, start_time=run.created_at, in_chord=not copy
    )
    assert attempted(built.of(run, "a")[0], in_chord=True) is answer
    assert statuses(built, run, "a") == [Status.RUNNING]

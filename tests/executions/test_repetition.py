"""What comes again, comes late or was left by others: each thing is done once, and what has ended stays ended."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from executions import hints, services, sweeping
from executions.engine import admission, conclusion, stop
from executions.engine.attempt import End, attempt
from executions.engine.claim import Ask, Holder
from executions.facts import facts_of
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests.executions.driver import Driver, Message
from tests.executions.faults import refused
from tests.executions.runs import TEST_BLOCKS, afford, statuses, values
from tests.graphs_for_tests import Build
from tests.silence import Silent
from tests.stack import eventually

LAST = 'UPDATE "executions_nodeexecution"', '"walltime" ='


def picture(run: GraphExecution) -> list[object]:
    """Everything that a second execution would change."""
    run.refresh_from_db()
    nodes = NodeExecution.objects.filter(run=run).order_by("pk")
    rows = nodes.values_list("pk", "status", "attempt", "dispatch", "cost", "end_time")
    return [run.status, run.ended_at, run.stats, *rows]


@pytest.mark.parametrize("ending", [Status.COMPLETED, Status.FAILED, Status.TERMINATED])
def test_no_message_that_comes_late_executes_a_run_again_that_has_ended(
    drive: Driver, build: Build, ending: Status
) -> None:
    built = build({"a": ("Paid", {"x": 1}), "e": "Echo"}, "a.out -> e.x")
    run = built.start()
    seen = list(drive.messages)
    drive.step()
    seen += drive.messages
    if ending is Status.FAILED:
        stop.fail(run.pk, "for the test")
    elif ending is Status.TERMINATED:
        services.stop_run(run, wait=0)
    assert drive(run).status == ending
    nodes = [Message("run_node", one.pk, one.dispatch) for one in run.node_executions.all()]
    before = picture(run)
    drive.messages += [*seen, *nodes, Message("conclude", run.pk), Message("advance", run.pk), Message("admit", run.pk)]
    while drive.messages:
        drive.step()
    sweeping.sweep()
    assert picture(run) == before
    assert drive.messages == []


def test_an_error_of_the_engine_that_stays_fails_the_node_after_so_many_attempts_and_the_run_ends(
    drive: Driver, build: Build, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("executions.engine.attempt.after_failure", lambda policy, failures: timezone.now())
    settings.MAX_ATTEMPTS = 3
    built = build({"a": ("Echo", {"x": 1}), "e": "Echo"}, "a.error -> e.x")
    with refused(*LAST, error=ValueError("a bug of the engine"), times=3):
        run = built.start()
        while statuses(built, run, "a") != [Status.FAILED]:
            drive.step() if drive.messages else sweeping.sweep()
    assert drive(run).status == Status.COMPLETED
    [node] = built.of(run, "a")
    assert (node.status, node.attempt, node.mishaps) == (Status.FAILED, 3, 2)
    assert node.stats["error"] == "engine error: ValueError: a bug of the engine"


def test_an_attempt_that_lost_its_claim_writes_nothing(drive: Driver, build: Build) -> None:
    """A worker that was taken for dead, and comes back when the node runs elsewhere."""
    built = build({"a": (TEST_BLOCKS["Count"], {"n": 3, "pause": 0.4}), "e": "Echo"}, "a.out -> e.x")
    run = built.start()
    drive.step()
    [node] = built.of(run, "a")
    ends: list[End] = []

    def believed_dead() -> None:
        ends.append(attempt(Ask(node.pk, node.dispatch, Holder("me")), lambda ready: None).end)
        connection.close()

    thread = threading.Thread(target=believed_dead)
    thread.start()
    eventually(node.outputs.exists)
    assert NodeExecution.objects.filter(pk=node.pk).requeue(timezone.now(), mishaps=1) == 1
    before, seen = picture(run), values(built, run, "a")
    thread.join(20)
    assert ends == [End.NOTHING]
    assert (picture(run), values(built, run, "a")) == (before, seen)
    assert len(built.of(run, "e")) == len(seen) < 3


def test_of_two_that_wake_or_admit_the_same_only_one_publishes(no_messages: Silent, build: Build) -> None:
    run = build({"t": ("CountdownTimer", {"seconds": 3600})}).start()
    assert [admission.admit(run.pk), admission.admit(run.pk)] == [True, False]
    node = run.node_executions.get()
    assert attempt(Ask(node.pk, 1, Holder("me")), lambda ready: None).end is End.WAITS
    NodeExecution.objects.update(wakes_at=timezone.now())
    no_messages.asked.clear()
    assert [sweeping.wake_due([node.pk]), sweeping.wake_due([node.pk])] == [1, 0]
    assert no_messages.asked == [("node", node.pk)]
    node.refresh_from_db()
    assert (node.status, node.dispatch) == (Status.QUEUED, 2)


@dataclass
class Hasty(Driver):
    """A child run ends before the call that has started it returns."""

    def launch(self, run_id: UUID, chord_id: str, first: list[NodeExecution]) -> None:
        before, self.messages = self.messages, []
        super().launch(run_id, chord_id, first)
        if GraphExecution.objects.get(pk=run_id).parent_id is not None:
            while self.messages:
                self.step()
            conclusion.conclude(run_id)
        self.messages = before + self.messages


def test_a_child_that_ends_before_its_parent_waits_for_it_is_not_missed(drive: Driver, build: Build) -> None:
    hasty = Hasty()
    hints.use(hasty)
    inner = build({"e": ("Echo", {"x": 7}), "o": ("AgentOutput", {"name": "ans"})}, "e.out -> o.value")
    built = build({"s": build.executor(inner), "e": "Echo"}, "s.ans -> e.x")
    run = built.start()
    assert hasty(run).status == Status.COMPLETED
    assert values(built, run, "e") == [7]


def test_a_child_that_failed_is_a_failure_of_the_node_that_started_it(drive: Driver, build: Build) -> None:
    inner = build({"e": ("Echo", {"x": 7}), "o": ("AgentOutput", {"name": "ans"})}, "e.out -> o.value")
    built = build({"s": build.executor(inner), "e": "Echo"}, "s.ans -> e.x")
    run = built.start()
    while not run.children.exists():
        drive.step()
    stop.fail(run.children.get().pk, "it went wrong")
    assert drive(run).status == Status.COMPLETED
    [node] = built.of(run, "s")
    assert node.status == Status.FAILED
    assert f"The child run {run.children.get().pk} ended FAILED" in node.stats["error"]
    assert "it went wrong" in node.stats["error"]
    assert (len(values(built, run, "s", "error")), values(built, run, "e")) == (1, [])


def test_masks_the_run_above_and_the_topmost_run_are_known_to_whoever_goes_on(drive: Driver, build: Build) -> None:
    """Every step is made by a process that knows nothing but the rows."""
    leaf = build({"e": ("Echo", {"x": 1}), "o": ("AgentOutput", {"name": "ans"})}, "e.out -> o.value")
    middle = build({"s": build.executor(leaf), "o": ("AgentOutput", {"name": "ans"})}, "s.ans -> o.value")
    built = build({"s": build.executor(middle), "e": "Echo"}, "s.ans -> e.x")
    run = built.start(masks={"e": {"x": "masked"}})
    while not run.is_final:
        facts_of.cache_clear()
        drive.step() if drive.messages else sweeping.sweep()
        run.refresh_from_db()
    below = GraphExecution.objects.get(depth=2)
    assert (below.root_id, below.parent.parent_id if below.parent else None) == (run.pk, run.pk)
    assert values(built, run, "e") == ["masked"]


def test_many_runs_that_wait_for_a_slot_do_not_keep_the_sweep_from_others(
    no_messages: Silent, build: Build, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_RUNS_PER_GRAPH = 1
    monkeypatch.setattr(sweeping, "BATCH", 3)
    bob = User.objects.create_user("bob")
    afford(bob, 100)
    mine = build({"a": ("Echo", {"x": 1})})
    admission.admit(mine.start().pk)
    for _ in range(4):
        mine.start()
    other = Build(bob)({"a": ("Echo", {"x": 1})}).start()
    GraphExecution.objects.update(created_at=F("created_at") - timedelta(hours=1))
    assert sweeping.admitted() == 1
    other.refresh_from_db()
    assert other.status == Status.RUNNING


def test_a_run_that_stood_still_for_days_is_moved_by_the_sweep(drive: Driver, build: Build) -> None:
    """However old it is: there is no window outside of which nobody looks."""
    built = build({"a": ("Echo", {"x": 1}), "e": "Echo"}, "a.out -> e.x")
    run = built.start()
    while not run.is_final:
        drive.messages.clear()
        long_ago = timezone.now() - timedelta(days=6)
        GraphExecution.objects.update(created_at=long_ago, published_at=long_ago)
        GraphExecution.objects.exclude(started_at=None).update(started_at=long_ago)
        NodeExecution.objects.filter(status=Status.QUEUED).update(queue_time=long_ago, published_at=long_ago)
        assert sweeping.sweep()
        for _ in range(len(drive.messages)):
            drive.step()
        run.refresh_from_db()
    assert run.status == Status.COMPLETED
    assert values(built, run, "e") == [1]

"""Graphs, and what is done to them, that together pass every crash point. Each is over in a second when undisturbed."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeAlias

from celery import current_app
from django.utils import timezone

from blocks.library.persist_information import PersistInformationBlock
from executions.engine import admission
from executions.models import GraphExecution, NodeExecution, Worker
from executions.states import Status, Verdict, Waits
from tests.crashes.faults import ERROR
from tests.crashes.stage import PURSE, Stage, silence
from tests.executions.runs import TEST_BLOCKS
from tests.graphs_for_tests import Built
from tests.stack import eventually

Scenario: TypeAlias = Callable[[Stage], GraphExecution]

_IDS: Final = [f"f1000000-0000-4000-8000-{number:012}" for number in range(1, 10)]
MISLED, LEAVER, DEAF, THREAD, PAUSE, FILING, KILLER, SLEEPER, REVIEWED = _IDS
SCENARIOS: Final[dict[str, Scenario]] = {}


def scenario(play: Scenario) -> Scenario:
    SCENARIOS[play.__name__] = play
    return play


def _armed(stage: Stage, built: Built) -> GraphExecution:
    stage.arm()
    return stage.start(built)


@scenario
def values_meet(stage: Stage) -> GraphExecution:
    """A paid node, two branches, a file, a pair, and a link that leads nowhere."""
    built = stage.build(
        {"a": ("Paid", {"x": [7]}), "b": FILING, "c": "Echo", "p": "Pair", "n": "Echo"},
        "a.out -> b.x", "a.out -> c.x", "b.out -> p.a", "c.out -> p.b", "a.out_$_-5 -> n.x",
    )  # fmt: skip
    return _armed(stage, built)


@scenario
def values_stream(stage: Stage) -> GraphExecution:
    """What a block has put out is routed while it runs."""
    built = stage.build({"c": (TEST_BLOCKS["Count"], {"n": 3, "pause": 0.12}), "e": "Echo"}, "c.out -> e.x")
    return _armed(stage, built)


@scenario
def more_than_fits(stage: Stage) -> GraphExecution:
    """What does not fit into the window is sent when something has ended."""
    built = stage.build({"m": ("Multi", {"xs": list(range(45))}), "e": "Echo"}, "m.item -> e.x")
    return _armed(stage, built)


@scenario
def values_on_threads(stage: Stage) -> GraphExecution:
    """Two blocks in a process that does other things as well."""
    built = stage.build({"a": (THREAD, {"x": 1}), "b": THREAD, "c": THREAD}, "a.out -> b.x", "a.out -> c.x")
    return _armed(stage, built)


@scenario
def a_timer(stage: Stage) -> GraphExecution:
    built = stage.build({"t": (PAUSE, {"seconds": 0.2}), "e": "Echo"}, "t.out -> e.x")
    return _armed(stage, built)


@scenario
def a_timer_that_is_fast(stage: Stage) -> GraphExecution:
    """It runs out before its place in the chord is kept."""
    built = stage.build({"t": (PAUSE, {"seconds": 0.1}), "e": "Echo"}, "t.out -> e.x")
    stage.faults.hold("place.before_reserve")
    stage.arm()
    run = stage.start(built)
    stage.wait(dispatch=2)
    stage.faults.release()
    return run


@scenario
def another_attempt(stage: Stage) -> GraphExecution:
    """A paid block fails once."""
    nodes = {"f": (TEST_BLOCKS["Flaky"], {"x": 1, "failures": 1}), "e": "Echo"}
    built = stage.build(nodes, "f.out -> e.x", f={"retry": {"attempts": 2, "delay_seconds": 0.05}})
    return _armed(stage, built)


def _nested(stage: Stage) -> Built:
    names = {"i": ("AgentInput", {"name": "q"}), "o": ("AgentOutput", {"name": "ans"})}
    inner = stage.build(names | {"p": "Paid"}, "i.result -> p.x", "p.out -> o.value")
    return stage.build(names | {"s": stage.build.executor(inner)}, "i.result -> s.q", "s.ans -> o.value")


@scenario
def a_run_below(stage: Stage) -> GraphExecution:
    built = _nested(stage)
    stage.arm()
    return stage.start(built, q="deep")


@scenario
def a_run_below_that_is_fast(stage: Stage) -> GraphExecution:
    """It puts something out before the node above it waits."""
    built = _nested(stage)
    stage.faults.hold("relay.begun")
    stage.arm()
    run = stage.start(built, q="deep")
    stage.wait(run__parent=run, relayed=False, status=Status.COMPLETED)
    stage.faults.release()
    return run


@scenario
def an_engine_error(stage: Stage) -> GraphExecution:
    built = stage.build({"m": (MISLED, {"x": 1}), "e": "Echo"}, "m.out -> e.x")
    return _armed(stage, built)


@scenario
def a_block_that_ends_its_process(stage: Stage) -> GraphExecution:
    built = stage.build({"q": (LEAVER, {"x": 1}), "e": "Echo"}, "q.out -> e.x")
    return _armed(stage, built)


@scenario
def a_block_that_kills_its_process(stage: Stage) -> GraphExecution:
    built = stage.build({"k": (KILLER, {"x": 1}), "e": "Echo"}, "k.out -> e.x")
    return _armed(stage, built)


@scenario
def a_worker_that_is_killed(stage: Stage) -> GraphExecution:
    """And started again, while a block runs on one of its threads."""
    built = stage.build({"d": (DEAF, {"x": 1}), "e": "Echo"}, "d.out -> e.x")
    run = stage.start(built)
    worker = eventually(Worker.objects.filter(node_executions=stage.began()).first)
    stage.arm()
    os.kill(worker.pid, signal.SIGKILL)
    eventually(Worker.objects.filter(name=worker.name, gone_at=None).exclude(pk=worker.pk).exists, within=40)
    return run


@scenario
def lost_messages(stage: Stage) -> GraphExecution:
    """Nothing was sent for a run that is there: the sweep finds it."""
    built = stage.build({"a": ("Echo", {"x": 1}), "e": "Echo"}, "a.out -> e.x")
    with silence():
        run = built.start(stage.user)
        admission.admit(run.pk)
    stage.arm()
    return run


@scenario
def an_end_that_is_asked_for_too_early(stage: Stage) -> GraphExecution:
    built = stage.build({"c": (TEST_BLOCKS["Count"], {"n": 5, "pause": 0.12})})
    run = stage.start(built)
    stage.began()
    stage.arm()
    current_app.tasks["executions.tasks.conclude"].apply_async((str(run.pk),), ignore_result=True)
    return run


@scenario
def no_credits_left(stage: Stage) -> GraphExecution:
    """One more price than the balance covers."""
    built = stage.build({"a": ("Paid", {"x": 1}), "b": "Paid"}, "a.out -> b.x")
    stage.give(15 - PURSE)
    return _armed(stage, built)


@scenario
def a_budget(stage: Stage) -> GraphExecution:
    """One more price than it covers: 9 for the bytes of the first node, 10 for the second."""
    built = stage.build({"t": (THREAD, {"x": 1}), "a": "Paid", "b": "Paid"}, "t.out -> a.x", "a.out -> b.x")
    stage.arm()
    return stage.start(built, max_cost=24)


@scenario
def low_credits(stage: Stage) -> GraphExecution:
    built = stage.build({"a": ("Paid", {"x": 1})})
    stage.give(505 - PURSE)
    return _armed(stage, built)


@scenario
def a_stop(stage: Stage) -> GraphExecution:
    """One node runs, one waits, one has half of its values, and a run below does the same."""
    nodes = {"a": (TEST_BLOCKS["Asleep"], {"x": 1}), "t": ("CountdownTimer", {"hours": 1}), "p": "Pair"}
    inner = stage.build(nodes, "a.out -> p.a", "t.output_message -> p.b")
    built = stage.build(nodes | {"s": stage.build.executor(inner)}, "a.out -> p.a", "t.output_message -> p.b")
    run = stage.start(built)
    waiting = NodeExecution.objects.filter(run__user=stage.user, waits_for=Waits.TIMER)
    asleep = NodeExecution.objects.filter(run__user=stage.user, status=Status.RUNNING, outputs__pin="out")
    eventually(lambda: waiting.count() == 2 and asleep.count() == 2 and stage.waits(Waits.RUN))
    stage.arm()
    stage.stop(run)
    return run


@scenario
def a_stop_that_gives_back(stage: Stage) -> GraphExecution:
    """A block that was paid for, and not called when the run was stopped."""
    built = stage.build({"a": ("Paid", {"x": 1})})
    stage.faults.arm("block.before_entry", ERROR)
    run = stage.start(built, max_cost=50)
    waiting = stage.waits(Waits.BACKOFF)
    NodeExecution.objects.filter(pk=waiting.pk).update(wakes_at=timezone.now() + timedelta(hours=1))
    stage.arm()
    stage.stop(run)
    return run


@scenario
def a_stop_that_is_not_heard(stage: Stage) -> GraphExecution:
    built = stage.build({"d": (DEAF, {"x": 1})})
    run = stage.start(built)
    stage.began()
    stage.arm()
    stage.stop(run)
    return run


@scenario
def a_run_that_lasts_too_long(stage: Stage) -> GraphExecution:
    built = stage.build({"t": ("CountdownTimer", {"hours": 1})})
    run = stage.start(built)
    stage.waits(Waits.TIMER)
    stage.arm()
    GraphExecution.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(days=8))
    return run


@scenario
def a_retry(stage: Stage) -> GraphExecution:
    """Of a run that was stopped together with the run below it."""
    names = {"i": ("AgentInput", {"name": "q"}), "o": ("AgentOutput", {"name": "ans"})}
    inner = stage.build(names | {"a": SLEEPER, "p": "Paid"}, "i.result -> a.x", "a.out -> p.x", "p.out -> o.value")
    built = stage.build({"s": stage.build.executor(inner, q="deep"), "p": "Paid"}, "s.ans -> p.x")
    run = stage.start(built)
    stage.began()
    stage.waits(Waits.RUN)
    stage.stop(run)
    stage.ends(run)
    stage.arm()
    stage.order("retry", run, retries=0)
    return run


@scenario
def a_pause(stage: Stage) -> GraphExecution:
    """In which a timer runs out."""
    built = stage.build({"t": (PAUSE, {"seconds": 3600}), "e": "Echo"}, "t.out -> e.x")
    run = stage.start(built)
    waiting = stage.waits(Waits.TIMER)
    stage.arm()
    stage.order("pause", run, paused_at=None)
    NodeExecution.objects.filter(pk=waiting.pk).update(wakes_at=timezone.now())
    stage.order("resume", run, paused_at__isnull=False)
    return run


@scenario
def a_review(stage: Stage) -> GraphExecution:
    """Between two nodes, of a node that has put something out before."""
    built = stage.build({"r": (REVIEWED, {"x": 1}), "p": "Paid"}, "r.out -> p.x")
    stage.arm()
    run = stage.start(built)
    eventually(GraphExecution.objects.filter(pk=run.pk, status=Status.REVIEW).exists, within=40)
    stage.order("decide", run, reviews__status=Verdict.WAITING)
    return run


@scenario
def a_stop_during_a_review(stage: Stage) -> GraphExecution:
    built = stage.build({"r": (REVIEWED, {"x": 1}), "e": "Echo"}, "r.out -> e.x")
    run = stage.start(built)
    eventually(GraphExecution.objects.filter(pk=run.pk, status=Status.REVIEW).exists, within=40)
    stage.arm()
    stage.stop(run)
    return run


@scenario
def something_to_remember(stage: Stage) -> GraphExecution:
    nodes = {"k": (PersistInformationBlock.id, {"key": "k", "value": 7}), "e": "Echo"}
    built = stage.build(nodes, "k.value -> e.x")
    return _armed(stage, built)

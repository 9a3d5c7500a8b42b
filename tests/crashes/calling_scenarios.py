"""Blocks that call nodes, for the test of crash points."""

from typing import Final

from django.utils import timezone

from executions.models import GraphExecution, NodeExecution
from executions.states import Waits
from tests.crashes.blocks import CallerBlock, PauseBlock
from tests.crashes.scenarios import scenario
from tests.crashes.stage import Stage

CALLER: Final = CallerBlock.id


@scenario
def calls(stage: Stage) -> GraphExecution:
    """Of a node that costs something, one at which values meet, one that fails, one that refuses, and a run below."""
    names = {"i": ("AgentInput", {"name": "q"}), "o": ("AgentOutput", {"name": "ans"})}
    inner = stage.build(names | {"p": "Paid"}, "i.result -> p.x", "p.out -> o.value")
    tools = {"p": "Paid", "t": "Pair", "v": "Val", "n": "Int", "s": stage.build.executor(inner)}
    pins = "p.x", "t.a", "t.b", "v.x", "n.x", "s.q"
    built = stage.build(
        {"c": (CALLER, {"x": True}), "e": "Echo"} | tools, "c.out -> e.x", *(f"c.tools -> {pin}" for pin in pins)
    )
    stage.arm()
    return stage.start(built)


@scenario
def a_retry_of_calls(stage: Stage) -> GraphExecution:
    """The caller comes first, and waits once more."""
    built = stage.build(
        {"c": (CALLER, {"x": 3600}), "e": "Echo", "t": PauseBlock.id}, "c.out -> e.x", "c.tools -> t.seconds"
    )
    run = stage.start(built)
    stage.waits(Waits.TIMER)
    stage.stop(run)
    stage.ends(run)
    stage.arm()
    stage.order("retry", run, retries=0)
    stage.waits(Waits.CALLS)
    NodeExecution.objects.filter(run=run, waits_for=Waits.TIMER).update(wakes_at=timezone.now())
    return run

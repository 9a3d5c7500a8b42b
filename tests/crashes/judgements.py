"""Runs that moderation rejects, for the scenarios of tests.crashes.scenarios."""

from typing import Final

from executions.models import GraphExecution
from tests.crashes.scenarios import scenario
from tests.crashes.stage import Stage

COMBINE: Final = "e30a4d42-7b7d-4e6a-b36e-1f9b8e3b7d85"  # joins texts
REJECTED: Final = "unspeakable"


@scenario
def rejected_inputs(stage: Stage) -> GraphExecution:
    built = stage.build({"a": ("Paid", {"x": REJECTED}), "e": "Echo"}, "a.out -> e.x")
    stage.arm()
    return stage.start(built)


@scenario
def rejected_outputs(stage: Stage) -> GraphExecution:
    """Of a word that comes into being while the run goes on."""
    built = stage.build({"a": (COMBINE, {"input": ["unspeak", "able"]}), "e": "Echo"}, "a.output -> e.x")
    stage.arm()
    return stage.start(built)

"""Runs that last long enough for something to happen to them, and what has to be true of them afterwards."""

from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests.executions.runs import TEST_BLOCKS, end_of, values
from tests.graphs_for_tests import Build, Built

RUNS, ITEMS = 3, 4


def slow(build: Build) -> Built:
    """A slow block in a process, whose outputs travel over threads and meet again."""
    return build(
        {
            "c": (TEST_BLOCKS["Count"], {"n": ITEMS, "pause": 0.2}),
            "a": "Echo",
            "b": "Echo",
            "p": "Pair",
            "o": ("AgentOutput", {"name": "r"}),
        },
        "c.out -> a.x",
        "c.out -> b.x",
        "a.out -> p.a",
        "b.out -> p.b",
        "p.out -> o.value",
    )


def are_right(graph: Built, runs: list[GraphExecution], *, within: float = 60) -> None:
    """They have ended, with the outputs of a quiet day, and every node ran once."""
    for run in runs:
        assert end_of(run, within=within).status == Status.COMPLETED
        assert values(graph, run, "c") == list(range(ITEMS))
        assert sorted(value for value, _ in values(graph, run, "o", "output")) == list(range(ITEMS))
        assert run.stats["node_exec_count"] == 1 + 4 * ITEMS
    assert not NodeExecution.objects.outstanding().exists()


def under_way(runs: list[GraphExecution]) -> bool:
    return NodeExecution.objects.filter(run__in=runs, status=Status.COMPLETED).count() > 4

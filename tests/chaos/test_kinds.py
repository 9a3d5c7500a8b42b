"""The graphs that run under chaos come to what they look like."""

from typing import Any

import pytest

from config.chaos.kinds import KINDS, Kind
from executions.detail import outputs
from executions.models import NodeExecution
from executions.states import Status
from tests.chaos.conftest import Play

RESULTS: list[tuple[str, dict[str, Any], dict[str, list[Any]]]] = [
    ("chain", {"n": 5}, {"result": [13.0]}),
    ("loop", {"n": 6}, {"pass": [7.0, 8.0, 9.0], "end": ["done"]}),
    ("static", {"n": 5}, {"result": [f"5-{x}" for x in range(8)]}),
    ("pairs", {"n": 1}, {"result": sorted((2.0 * x for x in range(10)), key=str), "echo": [1]}),
    ("nested", {"n": 1}, {"result": [4.0, 6.0, 8.0], "echo": [1]}),
    ("generator", {"n": 1000}, {"result": sorted((100.0 * x + 1 for x in range(10)), key=str)}),
    ("flood", {"n": 60}, {"result": list(range(60))}),
    ("fan", {"n": 1}, {"result": ["1.0,2.0,1.0,4.0,1.0,6.0,1.0,8.0,1.0,10.0,1.0,12.0"]}),
    ("paid", {"n": 5}, {"result": [5]}),
    ("once", {"n": 5}, {"result": [6.0], "echo": [5]}),
    ("calls", {"n": 1}, {"result": [3 * [{"out": [1]}, {"result": [2.0]}, {"result": [2.0]}]]}),
    ("unmet", {"n": 1}, {"result": [2.0], "echo": [True]}),
    ("unmet", {"n": 5}, {"echo": [False]}),
]


def test_every_kind_gives_what_its_graph_says(play: Play) -> None:
    for kind, inputs, expected in RESULTS:
        run = play(kind, **inputs)
        given = {
            name: many if name in KINDS[kind].ordered else sorted(many, key=str) for name, many in outputs(run).items()
        }
        assert (kind, run.status, given) == (kind, Status.COMPLETED, expected)


def test_a_flaky_node_fails_twice_and_is_paid_once(play: Play) -> None:
    run = play("flaky", n=5)
    assert outputs(run)["result"] == [[5, 0], [5, 1], [5, 2]]
    assert outputs(run)["rest"] == [5, 5]
    assert len(outputs(run)["error"]) == 1
    assert sum(NodeExecution.objects.filter(run=run).values_list("cost", flat=True)) == 7


def test_what_is_below_a_node_is_everything_that_it_reaches() -> None:
    assert KINDS["once"].below({"once"}) == {"once", "add", "out"}
    assert KINDS["once"].below([]) == frozenset()
    assert KINDS["loop"].below({"test"}) == {"test", "add", "pass", "end"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_is_started_or_part_of_one_that_is(kind: Kind) -> None:
    used = {node.child for other in KINDS.values() for node in other.nodes.values()}
    assert kind.weight > 0 or kind.name in used

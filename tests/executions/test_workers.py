"""Runs on real Celery workers: threads for io and engine chores, processes for cpu."""

from pathlib import Path

import pytest

from executions.models import NodeExecution
from executions.states import Status
from tests.executions.runs import TEST_BLOCKS, end_of, values
from tests.graphs_for_tests import Build, Built
from tests.stack import eventually

pytestmark = [pytest.mark.worker, pytest.mark.usefixtures("workers")]


def test_a_chain_carries_its_value_to_the_end(build: Build) -> None:
    nodes = {"n0": ("Echo", {"x": "hello"})} | {f"n{i}": "Echo" for i in range(1, 10)}
    built = build(nodes, *(f"n{i}.out -> n{i + 1}.x" for i in range(9)))
    run = end_of(built.start())
    assert run.status == Status.COMPLETED
    assert values(built, run, "n9") == ["hello"]
    assert run.stats["node_exec_count"] == 10


def test_a_hundred_branches_meet_in_one_node(build: Build) -> None:
    nodes = {"m": ("Multi", {"xs": [7]}), "j": "CreateList"} | {f"n{i}": "Echo" for i in range(100)}
    links = [f"m.item -> n{i}.x" for i in range(100)] + [f"n{i}.out -> j.values_$_{i}" for i in range(100)]
    built = build(nodes, *links)
    run = end_of(built.start())
    assert run.status == Status.COMPLETED
    assert values(built, run, "j", "list") == [[7] * 100]
    assert len(built.of(run, "j")) == 1


def test_streams_that_arrive_at_the_same_moment_are_zipped_without_loss(build: Build) -> None:
    built = build(
        {"m": ("Multi", {"xs": list(range(40))}), "a": "Echo", "b": "Echo", "p": "Pair"},
        "m.item -> a.x",
        "m.item -> b.x",
        "a.out -> p.a",
        "b.out -> p.b",
    )
    run = end_of(built.start())
    pairs = values(built, run, "p")
    assert len(pairs) == 40
    assert sorted(a for a, _ in pairs) == sorted(b for _, b in pairs) == list(range(40))
    assert not NodeExecution.objects.filter(run=run).incomplete().exists()


def nested(build: Build, depth: int) -> Built:
    """A graph that hands its input `q` to its output `ans` through `depth` sub-graphs."""
    name = {"i": ("AgentInput", {"name": "q"}), "o": ("AgentOutput", {"name": "ans"})}
    built = build(name | {"e": "Echo"}, "i.result => e.x", "e.out -> o.value")
    for _ in range(depth):
        built = build(name | {"s": build.executor(built)}, "i.result => s.q", "s.ans -> o.value")
    return built


def test_sub_graphs_nest_without_holding_workers(build: Build) -> None:
    outer = nested(build, 3)
    run = end_of(outer.start(inputs={"q": "deep"}))
    assert run.status == Status.COMPLETED
    assert values(outer, run, "o", "output") == ["deep"]
    assert run.stats["node_exec_count"] == 4 * 3


def test_many_nested_runs_at_once_all_end(build: Build) -> None:
    outer = nested(build, 2)
    runs = [outer.start(inputs={"q": number}) for number in range(20)]
    assert [end_of(run, within=60).status for run in runs] == [Status.COMPLETED] * 20
    assert [values(outer, run, "o", "output") for run in runs] == [[number] for number in range(20)]


def test_a_loop_ends_when_its_condition_does(build: Build) -> None:
    built = build(
        {
            "i": ("Echo", {"x": 20}),
            "c": ("Condition", {"operator": ">", "value2": 0}),
            "d": ("Calculator", {"operation": "Subtract", "b": 1}),
            "o": ("AgentOutput", {"name": "done"}),
        },
        "i.out -> c.value1",
        "c.yes_output -> d.a",
        "d.result -> c.value1",
        "c.no_output -> o.value",
    )
    run = end_of(built.start())
    assert len(built.of(run, "d")) == 20
    assert values(built, run, "o", "output") == [0]


def test_outputs_of_a_slow_block_travel_while_it_runs(build: Build, tmp_path: Path) -> None:
    go_on = tmp_path / "go-on"
    built = build({"c": (TEST_BLOCKS["Count"], {"n": 3, "until": str(go_on)}), "e": "Echo"}, "c.out -> e.x")
    run = built.start()
    eventually(lambda: any(one.status == Status.COMPLETED for one in built.of(run, "e")))
    assert built.of(run, "c")[0].status == Status.RUNNING
    go_on.touch()
    assert end_of(run).stats["node_exec_count"] == 4
    assert values(built, run, "e") == [0, 1, 2]


def test_large_values_are_delivered_by_reference_and_from_files(build: Build) -> None:
    big = TEST_BLOCKS["Big"]
    built = build({"s": (big, {"n": 20_000}), "f": (big, {"n": 300_000}), "e": "Echo", "g": "Echo", "h": "Echo"},
        "s.out -> e.x", "f.out -> g.x", "f.out_#_text -> h.x")  # fmt: skip
    run = end_of(built.start())
    assert values(built, run, "e") == [{"text": "x" * 20_000, "n": 20_000}]
    assert built.of(run, "e")[0].inputs == {}
    stored = built.of(run, "f")[0].outputs.get()
    assert (stored.data, stored.size > 300_000) == (None, True)
    assert built.of(run, "g")[0].outputs.get().file is not None
    assert built.of(run, "h")[0].outputs.get().size == 300_002

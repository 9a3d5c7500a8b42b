"""Rules of runs as a whole, each by its number in the specification."""

from typing import Any

import pytest

from graphs.errors import GraphInvalid, GraphTooLarge, GraphValidationError
from graphs.validate import Limits, check_size
from tests.graphs import specs
from tests.graphs.bodies import body, node
from tests.graphs.checks import echo, run, uid


def test_v17_a_starting_node_must_be_able_to_run() -> None:
    with pytest.raises(GraphInvalid, match=r"The starting node .* \(EchoBlock\) cannot run: missing input: x"):
        run([echo("a", x=None)])
    with pytest.raises(GraphInvalid, match="cannot run: input data mismatch: number"):
        run([node("a", specs.TypedBlock, {"number": True})])


def test_v17_a_later_node_may_wait() -> None:
    run([echo("a", x=1), echo("b", x=None)], ["a.out -> b.x"])


def test_v17_a_skipped_node_does_not_have_to_be_able_to_run() -> None:
    run([node("a", specs.KeyedBlock, {"x": None}, credentials_optional=True), echo("b", x=1)])


@pytest.mark.parametrize(
    ("nodes", "links"),
    [
        ([], []),
        ([node("a", specs.NoteBlock, {"text": "t"})], []),
        ([echo("a"), echo("b")], ["a.out -> b.x", "b.out -> a.x"]),
    ],
)
def test_v18_a_run_needs_a_start(nodes: list[dict[str, Any]], links: list[str]) -> None:
    with pytest.raises(GraphInvalid, match="No starting nodes found"):
        run(nodes, links)


def graph_input(key: str, name: str, **constants: Any) -> dict[str, Any]:
    return node(key, specs.InBlock, {"name": name, **constants})


def test_d18_missing_and_unknown_inputs_are_only_mentioned() -> None:
    check = run([graph_input("a", "city"), graph_input("b", "land", value="A")], inputs={"moon": 1})
    assert check.warnings == [
        "The input 'city' has no value; what depends on it will not run.",
        "There is no input 'moon'; its value was ignored.",
    ]


def test_masks_and_credentials_for_nothing_are_only_mentioned() -> None:
    check = run([echo("a", x=1)], masks={"ghost": {"x": 1}}, chosen={"moon_credentials": {}})
    assert check.warnings == [
        "There is no node ghost; its mask was ignored.",
        "The graph takes no 'moon_credentials'; they were ignored.",
    ]


@pytest.mark.parametrize("masks", [[], "x", {"a": 5}])
def test_masks_of_a_wrong_shape_are_refused(masks: Any) -> None:
    with pytest.raises(GraphInvalid, match=r"nodes_input_masks.* must be an object"):
        run([echo("a", x=1)], masks=masks)


def test_the_whole_map_says_how_much_is_wrong() -> None:
    with pytest.raises(GraphValidationError) as caught:
        run([echo("a"), node("b", specs.KeyedBlock)])
    assert str(caught.value) == "Graph validation failed: 3 issues on 2 nodes"
    assert caught.value.detail["type"] == "validation_error"
    assert f"Node {uid('a')}:\n  x: This field is required" in caught.value.as_text()


def test_a_graph_beyond_the_limits_is_refused() -> None:
    limits = Limits(nodes=1, links=0)
    check_size(body([echo("a")]), limits)
    with pytest.raises(GraphTooLarge, match="has 2 nodes; at most 1"):
        check_size(body([echo("a"), echo("b")]), limits)
    with pytest.raises(GraphTooLarge, match="has 1 links"):
        check_size(body([echo("a")], ["a.out -> a.x"]), limits)

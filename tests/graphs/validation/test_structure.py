"""Rules of graphs as a whole, each by its number in the specification."""

import pytest

from graphs.errors import GraphInvalid
from tests.graphs import specs
from tests.graphs.bodies import node
from tests.graphs.checks import agent, echo, run, save


def test_v1_an_unknown_block_is_refused_when_saving_and_when_running() -> None:
    unknown = {"id": "a", "block_id": "nobody-knows", "input_default": {}}
    for refuse in (save, run):
        with pytest.raises(GraphInvalid, match="Invalid block nobody-knows of node"):
            refuse([unknown])


@pytest.mark.parametrize("text", ["ghost.out -> a.x", "a.out -> ghost.x"])
def test_v2_both_ends_of_a_link_must_exist(text: str) -> None:
    with pytest.raises(GraphInvalid, match=r"\(a, .*ghost is invalid. Node ids: a"):
        save([echo("a")], [text])


def test_v2_two_nodes_cannot_have_one_id() -> None:
    with pytest.raises(GraphInvalid, match="same id: a"):
        save([echo("a"), echo("a")])


def test_v3_a_link_of_an_unknown_block_is_refused() -> None:
    with pytest.raises(GraphInvalid, match="Invalid block"):
        save([echo("a"), {"id": "b", "block_id": "nobody"}], ["b.out -> a.x"])


@pytest.mark.parametrize("text", ["a.nope -> b.x", "a.out -> b.nope", "a.nope_#_k -> b.x", "a.out -> b.nope_$_0"])
def test_v4_a_link_needs_pins_that_the_blocks_have(text: str) -> None:
    with pytest.raises(GraphInvalid, match=r"nope.* is invalid, Allowed fields: .*(out|x)"):
        save([echo("a"), echo("b")], [text])
    with pytest.raises(GraphInvalid, match="Allowed fields"):
        run([echo("a"), echo("b")], [text])


def test_v4_dynamic_suffixes_error_pins_and_tool_pins_are_accepted() -> None:
    nodes = [echo("a"), echo("b"), node("t", specs.ToolsBlock)]
    save(nodes, ["a.out_#_k -> b.x_$_1", "a.error -> b.x", "t.tools -> a.x", "t.tools_^_search_~_query -> b.x"])


def test_v4_an_output_has_no_error_pin() -> None:
    with pytest.raises(GraphInvalid, match="'error' is invalid, Allowed fields"):
        save([node("a", specs.OutBlock, {"name": "r"}), echo("b")], ["a.error -> b.x"])


def test_v4_pins_of_a_sub_agent_are_those_of_its_stored_schemas() -> None:
    save([agent("a"), echo("b")], ["b.out -> a.q", "a.ans -> b.x"])
    with pytest.raises(GraphInvalid, match="'graph_id' is invalid, Allowed fields: Blog Title, q"):
        save([agent("a"), echo("b")], ["b.out -> a.graph_id"])
    with pytest.raises(GraphInvalid, match="'error' is invalid, Allowed fields: ans"):
        save([agent("a"), echo("b")], ["a.error -> b.x"])

import time
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from blocks.sdk import Block
from graphs.inputs import Prepared, prepare, starting_data
from graphs.plan import LinkRow, NodeRow, PlanNode, compile_plan
from tests.graphs.specs import ALL, AgentBlock, EchoBlock, InBlock, KeyedBlock, TypedBlock, spec_of


def node_of(block: type[Block], constants: dict[str, Any], pins: list[str]) -> PlanNode:
    """A node of the block with a link into each of the pins."""
    source, sink = uuid4(), uuid4()
    plan = compile_plan(
        graph_id=uuid4(),
        version=1,
        version_id=uuid4(),
        name="g",
        nodes=[NodeRow(source, EchoBlock.id, {}, {}, 0), NodeRow(sink, block.id, constants, {}, 1)],
        links=[LinkRow(uuid4(), source, "out", sink, pin, is_static=False, position=i) for i, pin in enumerate(pins)],
        spec_of=spec_of,
    )
    return plan.nodes[sink]


def prepared(
    block: type[Block],
    constants: dict[str, Any],
    received: dict[str, Any],
    pins: list[str] | None = None,
    mask: dict[str, Any] | None = None,
) -> Prepared:
    node = node_of(block, constants, list(received) if pins is None else pins)
    return prepare(node, ALL[block.id], received, mask)


def test_what_arrives_is_laid_over_the_constants_which_come_first() -> None:
    ready = prepared(TypedBlock, {"note": "n", "number": 1}, {"values": {"k": 1}, "number": 2})
    assert ready == Prepared({"note": "n", "number": 2, "values": {"k": 1}}, None)
    assert list(ready.data) == ["note", "number", "values"]


def test_defaults_of_the_block_are_not_part_of_the_data() -> None:
    assert prepared(TypedBlock, {}, {"number": 1}).data == {"number": 1}


def test_a_mask_is_laid_over_what_arrived() -> None:
    assert prepared(EchoBlock, {"x": 1}, {"x": 2}, mask={"x": 3}).data == {"x": 3}


def test_a_linked_pin_must_receive_a_value_and_its_constant_is_no_substitute() -> None:
    ready = prepared(EchoBlock, {"x": "constant"}, {}, pins=["x"])
    assert ready.problem == "no value has arrived for: x"
    assert ready.data == {"x": "constant"}


def test_a_mask_stands_in_for_a_value_that_has_not_arrived() -> None:
    assert prepared(EchoBlock, {}, {}, pins=["x"], mask={"x": 1}) == Prepared({"x": 1}, None)


def test_every_part_of_a_linked_value_must_arrive() -> None:
    ready = prepared(EchoBlock, {}, {"x_#_a": 1}, pins=["x_#_a", "x_#_b"])
    assert ready.problem == "no value has arrived for: x_#_b"


def test_parts_are_assembled_and_converted_and_stay_visible() -> None:
    ready = prepared(TypedBlock, {"number": "7", "items_$_1": "5"}, {"items_$_0": "4"})
    assert ready == Prepared({"number": 7, "items_$_1": "5", "items": [4, 5], "items_$_0": "4"}, None)


def test_parts_in_a_mask_are_assembled_too() -> None:
    assert prepared(EchoBlock, {"x": {"k": 1}}, {}, mask={"x_#_k": 2}).data["x"] == {"k": 2}


def test_constants_of_the_graph_are_never_changed() -> None:
    constants = {"values": {"z": [1]}, "number": 1}
    prepared(TypedBlock, constants, {"values_#_z_$_0": 9})
    assert constants == {"values": {"z": [1]}, "number": 1}


def test_what_a_block_does_to_its_input_does_not_reach_the_graph_or_the_mask() -> None:
    constants, mask = {"values": {"z": [1]}, "number": 1}, {"items": [1]}
    data = prepared(TypedBlock, constants, {}, mask=mask).data
    data["values"]["z"].append(2)
    data["items"].append(2)
    assert (constants["values"], mask["items"]) == ({"z": [1]}, [1])


def test_a_null_is_delivered_but_leaves_a_required_pin_unmet() -> None:
    assert prepared(EchoBlock, {}, {"x": None}).problem == "missing input: x"
    assert prepared(TypedBlock, {"number": 1}, {"note": None}) == Prepared({"number": 1, "note": None}, None)


def test_a_value_of_a_wrong_type_is_a_problem_that_names_the_pin() -> None:
    ready = prepared(TypedBlock, {}, {"number": True})
    assert ready.data == {"number": True}
    assert str(ready.problem).startswith("input data mismatch: number")


def test_an_impossible_index_is_a_problem_and_the_data_is_shown_as_it_came() -> None:
    ready = prepared(EchoBlock, {}, {"x_$_one": 1})
    assert "index must be an integer" in str(ready.problem)
    assert ready.data == {"x_$_one": 1}


def test_a_value_that_cannot_be_converted_is_a_problem() -> None:
    ready = prepared(TypedBlock, {"number": 1, "note": b"bytes"}, {})
    assert "note" in str(ready.problem)


def test_credentials_are_not_checked_here() -> None:
    assert prepared(KeyedBlock, {}, {"x": 1}).problem is None


SCHEMA = {"properties": {"q": {}, "n": {"type": "integer"}}, "required": ["q"]}


def agent(**inputs: Any) -> dict[str, Any]:
    return {"graph_id": "g", "graph_version": 1, "inputs": inputs, "input_schema": SCHEMA}


def test_a_sub_agent_receives_its_stored_inputs_with_what_arrived_over_them() -> None:
    assert prepared(AgentBlock, agent(q="stored", n=1), {"q": "linked"}) == Prepared({"q": "linked", "n": 1}, None)


def test_a_sub_agent_is_checked_against_its_stored_schema() -> None:
    assert prepared(AgentBlock, agent(), {}).problem == "missing input: q"
    assert "n" in str(prepared(AgentBlock, agent(q=1), {"n": "many"}).problem)


def test_parts_of_an_input_of_a_sub_agent_are_assembled() -> None:
    assert prepared(AgentBlock, agent(), {"q_#_a": 1, "q_#_b": 2}).data["q"] == {"a": 1, "b": 2}


def test_a_graph_input_starts_with_the_value_of_the_run_even_when_it_is_null() -> None:
    node, spec = node_of(InBlock, {"name": "city", "value": "Graz"}, []), ALL[InBlock.id]
    assert starting_data(node, spec, {"city": None, "other": 1}) == {"value": None}
    assert starting_data(node, spec, {"other": 1}) == {}
    assert starting_data(node_of(EchoBlock, {"name": "city"}, []), ALL[EchoBlock.id], {"city": 1}) == {}


def test_a_graph_input_without_a_usable_name_starts_without_a_value() -> None:
    for name in (None, ["city"], 5):
        assert starting_data(node_of(InBlock, {"name": name}, []), ALL[InBlock.id], {"city": 1}) == {}


def test_preparing_a_thousand_parts_takes_a_thousand_steps() -> None:
    def seconds(parts: int) -> float:
        received = {f"values_#_k{number}": number for number in range(parts)}
        node, spec = node_of(TypedBlock, {"number": 1}, list(received)), ALL[TypedBlock.id]
        return min(_timed(node, spec, received) for _ in range(5))

    # 16 times the parts; a step for each pair of parts would take 256 times as long
    assert seconds(16_000) < 128 * seconds(1_000)


def _timed(node: PlanNode, spec: Any, received: dict[str, Any]) -> float:
    begin = time.perf_counter()
    assert len(prepare(node, spec, received).data["values"]) == len(received)
    return time.perf_counter() - begin


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["number", "items", "values", "note", "items_$_0", "items_$_x", "values_#_a", "note_@_b", "q"])
DATA = st.dictionaries(NAMES, JSON, max_size=4)


@given(st.sampled_from([TypedBlock, EchoBlock, AgentBlock, InBlock, KeyedBlock]), DATA, DATA, DATA)
def test_any_data_is_either_ready_or_has_a_problem_and_nothing_that_arrived_is_lost(
    block: type[Block], constants: dict[str, Any], received: dict[str, Any], mask: dict[str, Any]
) -> None:
    ready = prepared(block, constants, received, mask=mask)
    assert ready.data.keys() >= received.keys() | mask.keys()
    if ready.problem is None and block is not AgentBlock:
        ALL[block.id].bind(ready.data)

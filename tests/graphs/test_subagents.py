from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs import subagents

SCHEMA = {
    "type": "object",
    "properties": {"q": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "q"}, "n": {"type": "integer"}},
    "required": ["q"],
}


def test_the_pins_of_a_sub_agent_are_the_properties_of_its_stored_schemas() -> None:
    agent = subagents.read({"input_schema": SCHEMA, "output_schema": {"properties": {"ans": {}}}, "inputs": {"n": 1}})
    assert agent.input_names == {"q", "n"}
    assert agent.output_names == {"ans"}
    assert (agent.required, agent.inputs) == (("q",), {"n": 1})


def test_a_sub_agent_needs_its_required_inputs_and_accepts_a_null_that_the_schema_allows() -> None:
    agent = subagents.read({"input_schema": SCHEMA})
    assert agent.problem({"n": 1}) == "missing input: q"
    assert agent.problem({"q": None}) is None


def test_a_value_of_a_wrong_type_is_named() -> None:
    problem = subagents.read({"input_schema": SCHEMA}).problem({"q": "x", "n": "many"})
    assert problem is not None
    assert "n: 'many' is not of type 'integer'" in problem


def test_a_number_is_good_enough_where_the_sub_agent_writes_it_as_text() -> None:
    agent = subagents.read({"input_schema": SCHEMA})
    assert agent.problem({"q": 5}) is None
    assert agent.problem({"q": [5]}) is not None


def test_an_input_may_be_called_like_a_word_of_the_schema_language() -> None:
    agent = subagents.read({"input_schema": {"properties": {"pattern": {"type": "string"}, "$ref": {}}}})
    assert agent.input_names == {"pattern", "$ref"}
    assert agent.problem({"pattern": [1]}) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"properties": {"q": {"pattern": "^(a+)+$", "type": "string"}}},
        {"type": "nonsense", "properties": {"q": {"minimum": "1", "anyOf": [], "enum": 3, "type": [1]}}},
        {"required": "q", "properties": []},
        [],
        None,
        "text",
    ],
)
def test_a_hostile_schema_is_neither_fetched_nor_obeyed_nor_fatal(schema: Any) -> None:
    assert subagents.read({"input_schema": schema}).problem({"q": "a" * 40 + "!"}) is None


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(depth):
        schema = {"properties": {"q": schema}}
    return schema


def test_a_very_deep_schema_is_checked_as_far_as_anybody_writes_by_hand() -> None:
    assert subagents.read({"input_schema": nested(500)}).problem({"q": {}}) is None
    assert subagents.read({"input_schema": nested(2)}).problem({"q": {"q": "x"}}) is not None


def test_constants_of_a_wrong_type_are_named() -> None:
    wrong = {"graph_id": 5, "graph_version": "1", "inputs": [], "input_schema": "x", "output_schema": {}}
    assert set(subagents.problems(wrong)) == {"graph_id", "graph_version", "inputs", "input_schema"}
    assert subagents.problems({"graph_id": "a", "graph_version": 1}) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "required", "items", "anyOf", "minimum", "q"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(JSON, st.dictionaries(st.sampled_from(["q", "type", "items"]), JSON, max_size=3))
def test_any_json_as_a_schema_gives_an_answer(schema: Any, data: dict[str, Any]) -> None:
    assert isinstance(subagents.read({"input_schema": schema}).problem(data), str | None)

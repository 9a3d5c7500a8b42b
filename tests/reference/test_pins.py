"""Two readings of the rules for dynamic pins, the product's and the reference's, say the same."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graphs import pins
from tests.reference import pins as reference

NAMES = st.sampled_from(["x", "y_z", "tools"])
PARTS = st.sampled_from(
    ["_$_0", "_$_1", "_$_2", "_$_-1", "_$_-3", "_#_k", "_#_0", "_#_a_b", "_@_k", "_@_l", "_#_", "_$_"]
)
PINS = st.builds(lambda name, parts: name + "".join(parts), NAMES, st.lists(PARTS, max_size=3))
LEAVES = st.sampled_from([None, True, 0, 1.5, "", "text"])
KEYS = st.sampled_from(["k", "0", "a_b", "l"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


def outcome(function: Any, *arguments: Any) -> str:
    """A result as JSON, keys in their order, or that there is none."""
    try:
        return json.dumps(function(*arguments))
    except ValueError:
        return "impossible"


@given(st.dictionaries(PINS, VALUES, max_size=5))
def test_inputs_are_assembled_alike(data: dict[str, Any]) -> None:
    assert outcome(pins.merge, data) == outcome(reference.merge, data)


@given(PINS, VALUES, PINS)
def test_parts_of_outputs_are_selected_alike(emitted: str, value: Any, source: str) -> None:
    arguments = (emitted, value, source, "sink", "x")
    assert outcome(pins.select, *arguments) == outcome(reference.select, *arguments)


@given(st.dictionaries(PINS, VALUES, max_size=3), PINS, PINS)
def test_parts_of_assembled_objects_are_selected_alike(data: dict[str, Any], emitted: str, source: str) -> None:
    ours, theirs = outcome(pins.merge, data), outcome(reference.merge, data)
    if "impossible" not in (ours, theirs):
        assembled, expected = pins.merge(data).get(emitted), reference.merge(data).get(emitted)
        rest = (source, "sink", "x")
        assert outcome(pins.select, emitted, assembled, *rest) == outcome(reference.select, emitted, expected, *rest)


@given(st.sampled_from(["tools_^_n_~_x", "tools_^_n_~_y", "tools_^_m_~_x", "tools"]), VALUES, st.booleans())
def test_tool_calls_are_addressed_alike(emitted: str, value: Any, old: bool) -> None:  # noqa: FBT001 - a case
    arguments = (emitted, value, "tools_^_search_~_query" if old else "tools", "n", "x")
    assert outcome(pins.select, *arguments) == outcome(reference.select, *arguments)

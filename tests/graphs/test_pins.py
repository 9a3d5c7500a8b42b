import copy
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphs.pins import MAX_SLOTS, PinError, base_name, is_dynamic, is_tool, merge, select

NODE = "0f3e2c9a-0000-4000-8000-000000000001"


def taken(name: str, value: Any, source: str) -> Any:
    return select(name, value, source, NODE, "x")


# -- Names


@pytest.mark.parametrize(
    ("pin", "base"),
    [
        ("values", "values"),
        ("values_#_a", "values"),
        ("x_$_0_#_key_@_attr", "x"),
        ("under_scored_name", "under_scored_name"),
        ("tools_^_node_~_field", "tools"),
        ("Blog Post Titles", "Blog Post Titles"),
    ],
)
def test_a_pin_belongs_to_the_pin_that_the_block_declares(pin: str, base: str) -> None:
    assert base_name(pin) == base


def test_an_incomplete_name_is_an_ordinary_one() -> None:
    assert not is_dynamic("values_#_")
    assert not is_dynamic("_#_a")
    assert is_dynamic("values_#_a")


def test_both_forms_of_tool_pins_are_tools() -> None:
    assert is_tool("tools")
    assert is_tool("tools_^_search_~_query")
    assert not is_tool("toolset")


# -- Output side


@pytest.mark.parametrize(
    ("source", "carried"),
    [
        ("out", {"k": [10, 20], "0": "zero", "a_b": 1}),
        ("out_#_k", [10, 20]),
        ("out_#_k_$_1", 20),
        ("out_#_k_$_-1", 20),
        ("out_#_k_$_2", None),
        ("out_#_0", "zero"),
        ("out_#_a_b", 1),
        ("out_#_missing", None),
        ("out_#_a_b_#_deeper", None),
        ("out_$_0", None),
        ("out_@_k", None),
        ("other", None),
        ("output_#_k", None),
        ("out_#_", None),
    ],
)
def test_a_link_carries_the_part_that_its_source_name_points_to(source: str, carried: Any) -> None:
    assert taken("out", {"k": [10, 20], "0": "zero", "a_b": 1}, source) == carried


def test_an_emitted_name_may_hold_the_first_part_of_the_way() -> None:
    assert taken("out_#_k", [10, 20], "out_#_k_$_1") == 20


def test_only_lists_have_elements() -> None:
    assert taken("out", "text", "out_$_0") is None
    assert taken("out", (1, 2), "out_$_0") is None


@pytest.mark.parametrize("source", ["out_$_-5", "out_$_one", "out_$_1_0", "out_$_9999999999"])
def test_an_impossible_index_is_an_error(source: str) -> None:
    with pytest.raises(PinError):
        taken("out", [10], source)


def test_attributes_of_objects_are_read_but_none_that_leads_out_of_the_value() -> None:
    assert taken("out", SimpleNamespace(a=1), "out_@_a") == 1
    assert taken("out", SimpleNamespace(a=1), "out_@_b") is None
    assert taken("out", SimpleNamespace(a=1), "out_@___class__") is None
    assert taken("out", "text", "out_@_upper") is None


def test_a_tool_call_reaches_only_the_addressed_pin_of_the_addressed_node() -> None:
    emitted = f"tools_^_{NODE}_~_x"
    assert select(emitted, 1, "tools", NODE, "x") == 1
    assert select(emitted, 1, "tools_^_search_~_query", NODE, "x") == 1
    assert select(emitted, 1, "tools", NODE, "y") is None
    assert select(emitted, 1, "tools", "another", "x") is None
    assert select(emitted, 1, "finished", NODE, "x") is None


def test_a_plain_output_named_tools_is_passed_whole() -> None:
    assert taken("tools", [1], "tools") == [1]


def test_routing_a_tool_call_needs_the_end_of_the_link() -> None:
    with pytest.raises(PinError, match="must be provided for tool pin routing"):
        select(f"tools_^_{NODE}_~_x", 1, "tools", "", "x")


# -- Input side


@pytest.mark.parametrize(
    ("given_data", "base", "assembled"),
    [
        ({"v_#_a": 1, "v_#_b": 2}, "v", {"a": 1, "b": 2}),
        ({"x_$_0": 1, "x_$_1": 2}, "x", [1, 2]),
        ({"x_$_2": "c"}, "x", [None, None, "c"]),
        ({"x_#_k_$_0": "c", "x_#_k_$_1": "d"}, "x", {"k": ["c", "d"]}),
        ({"v": {"z": 9}, "v_#_p": 1}, "v", {"z": 9, "p": 1}),
        ({"v": [1, 2, 3], "v_$_1": "b"}, "v", [1, "b", 3]),
        ({"v": "plain", "v_#_k": 1}, "v", {"k": 1}),
        ({"v": "abc", "v_$_1": "X"}, "v", ["a", "X", "c"]),
        ({"v": None, "v_#_k": 1}, "v", {"k": 1}),
        ({"v_#_k": 1, "v": {"late": 2}}, "v", {"late": 2}),
        ({"v_#_k": 1, "v_$_0": 2}, "v", [2]),
        ({"v_$_0": 2, "v_#_k": 1}, "v", {"k": 1}),
        ({"v_@_name": 1}, "v", {"name": 1}),
        ({"v_#_a_#_b_$_1_#_c": 1}, "v", {"a": {"b": [None, {"c": 1}]}}),
    ],
)
def test_parts_are_assembled_and_their_flat_names_stay(given_data: dict[str, Any], base: str, assembled: Any) -> None:
    merged = merge(given_data)
    assert merged[base] == assembled
    assert merged.keys() >= given_data.keys()


def test_an_incomplete_name_stays_as_it_is() -> None:
    assert merge({"v_#_": 1}) == {"v_#_": 1}


def test_an_assembled_attribute_can_be_selected_again() -> None:
    assert taken("out", merge({"v_@_name": 1})["v"], "out_@_name") == 1


@pytest.mark.parametrize("pin", ["x_$_-1", "x_$_one", "x_$_1.5", "x_$_99999999"])
def test_an_input_slot_needs_a_possible_index(pin: str) -> None:
    with pytest.raises(PinError):
        merge({pin: 1})


def test_many_small_requests_for_slots_are_limited_together() -> None:
    with pytest.raises(PinError, match="list slots"):
        merge({f"x{number}_$_{MAX_SLOTS // 10 - 1}": 1 for number in range(11)})


def test_a_name_with_very_many_parts_is_refused() -> None:
    with pytest.raises(PinError, match="parts"):
        merge({"x" + "_#_a" * 5_000: 1})


# -- Properties

KEYS = st.text("abcxyz 1", min_size=1, max_size=4)
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
NESTED = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, min_size=1, max_size=4) | st.dictionaries(KEYS, inner, min_size=1, max_size=4),
    max_leaves=15,
)
PLACES = NESTED.filter(lambda value: isinstance(value, list | dict))


def flat(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        pairs = [(f"{name}_#_{key}", below) for key, below in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{name}_$_{index}", below) for index, below in enumerate(value)]
    else:
        return {name: value}
    return {pin: leaf for below_name, below in pairs for pin, leaf in flat(below_name, below).items()}


@given(PLACES)
def test_a_value_taken_apart_is_assembled_again(value: Any) -> None:
    assert merge(flat("v", value))["v"] == value


@given(PLACES)
def test_every_part_of_a_value_can_be_selected(value: Any) -> None:
    for pin, leaf in flat("out", value).items():
        assert taken("out", value, pin) == leaf


@given(st.dictionaries(st.sampled_from(["v", "v_#_a", "v_$_1", "v_#_a_$_0", "w_#_b", "w"]), NESTED, max_size=6))
def test_merging_changes_nothing_that_was_given(data: dict[str, Any]) -> None:
    before = copy.deepcopy(data)
    merged = merge(data)
    assert data == before
    assert all(merged[pin] == value for pin, value in data.items() if is_dynamic(pin))


@given(st.dictionaries(KEYS, NESTED, max_size=6))
def test_data_without_dynamic_names_is_not_touched(data: dict[str, Any]) -> None:
    assert merge(data) == data


@given(st.text(max_size=30), NESTED, st.text(max_size=30))
def test_any_text_as_a_name_either_selects_or_says_what_is_wrong(name: str, value: Any, source: str) -> None:
    try:
        taken(name, value, source)
    except PinError:
        assert "_$_" in source


@given(st.dictionaries(st.text("v_$#@^~0-a", max_size=12), LEAVES, max_size=5))
def test_any_names_either_merge_or_say_what_is_wrong(data: dict[str, Any]) -> None:
    try:
        assert merge(data).keys() >= data.keys()
    except PinError:
        assert any("_$_" in pin for pin in data)

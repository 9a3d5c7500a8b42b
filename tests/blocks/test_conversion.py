"""Values become what a pin asks for."""

import json
import math
from datetime import date
from typing import Any, Literal, Optional, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.sdk import ConversionError, convert
from blocks.sdk.conversion import says_nothing

TABLE: list[tuple[Any, Any, Any]] = [
    ("42", int, 42),
    ("5.5", int, 5),
    ("1e3", int, 1000),
    ("12345678901234567890", int, 12345678901234567890),
    ("abc", int, 0),
    ("", int, 0),
    (None, int, 0),
    ("inf", int, 0),
    ("nan", int, 0),
    ("9" * 5000, int, 0),
    ([1, 2, 3], int, 3),
    ({"a": 1}, int, 1),
    ((1, 2), int, 2),
    ({1}, int, 1),
    (True, int, True),
    (1.9, int, 1),
    (-1.9, int, -1),
    (math.inf, int, 0),
    ("5.5", float, 5.5),
    ("abc", float, 0.0),
    (None, float, 0.0),
    (7, float, 7.0),
    (True, float, 1.0),
    ([1, 2], float, 2.0),
    ("inf", float, "Infinity"),
    ("-inf", float, "-Infinity"),
    ("nan", float, "NaN"),
    (math.inf, float, "Infinity"),
    (10**400, float, 0.0),
    ("true", bool, True),
    ("TRUE", bool, True),
    ("1", bool, True),
    ("yes", bool, False),
    ("", bool, False),
    (0, bool, False),
    ([0], bool, True),
    ({}, bool, False),
    (True, str, "true"),
    (5, str, "5"),
    (1.0, str, "1.0"),
    ({"k": [1]}, str, '{"k": [1]}'),
    ([1, "a"], str, '[1, "a"]'),
    (None, str, "null"),
    ('["a", 1]', list, ["a", 1]),
    (" [1,2] ", list, [1, 2]),
    ("a,b", list, ["a,b"]),
    ("[broken", list, ["[broken"]),
    ("[1,]", list, ["[1,]"]),
    ("[NaN]", list, ["[NaN]"]),
    ("", list, [""]),
    ({"a": 1}, list, [["a", 1]]),
    ((1, 2), list, [1, 2]),
    (5, list, [5]),
    ('{"a": 1}', dict, {"a": 1}),
    ("[1]", dict, {"value": [1]}),
    ("5", dict, {"value": 5}),
    ("plain", dict, {"value": "plain"}),
    ("NaN", dict, {"value": "NaN"}),
    ([7, 8], dict, {0: 7, 1: 8}),
    (5, dict, {"value": 5}),
    ('[5,4,"2"]', list[int], [5, 4, 2]),
    ([1, None], list[str], ["1", "null"]),
    ([7, 8], dict[str, str], {"0": "7", "1": "8"}),
    ({"a": "1"}, dict[str, int], {"a": 1}),
    ("[1]", list[dict[str, Any]], [{"value": 1}]),
    (["1", "2"], tuple[int, str], [1, "2"]),
    (["1", "2"], tuple[int, ...], [1, 2]),
    (["1", "1"], set[int], [1, 1]),
    ("7", int | str, 7),
    ("7", Union[int, str], 7),  # noqa: UP007 - the older spelling is meant
    (5, str | int, "5"),
    ("7", int | None, 7),
    ("7", Optional[int], 7),  # noqa: UP045 - the older spelling is meant
    (None, int | None, None),
    ("x", Any, "x"),
    ("x", object, "x"),
    ("x", Literal["a"], "x"),
    ("x", date | None, "x"),
]


@pytest.mark.parametrize(("value", "annotation", "expected"), TABLE, ids=[f"{v!r:.20}-{a}" for v, a, _ in TABLE])
def test_a_value_becomes_what_the_annotation_asks(value: Any, annotation: Any, expected: Any) -> None:
    converted = convert(value, annotation)
    assert converted == expected
    assert type(converted) is type(expected)


def test_bytes_do_not_become_text() -> None:
    with pytest.raises(ConversionError, match="bytes"):
        convert(b"x", str)


def test_text_that_is_nested_too_deeply_stays_text() -> None:
    deep = "[" * 200_000 + "]" * 200_000
    assert convert(deep, list) == [deep]
    assert convert(deep, dict) == {"value": deep}


def test_a_list_that_is_nested_too_deeply_does_not_become_text() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ConversionError, match="nested"):
        convert(deep, str)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ANNOTATIONS = st.sampled_from(
    [
        int,
        float,
        bool,
        str,
        list,
        dict,
        list[int],
        list[str],
        dict[str, int],
        dict[str, list[str]],
        int | str,
        int | None,
    ]
)


@given(JSON, ANNOTATIONS)
def test_no_json_value_makes_a_conversion_fail_and_the_result_is_json(value: Any, annotation: Any) -> None:
    json.dumps(convert(value, annotation), allow_nan=False)


@given(JSON, ANNOTATIONS)
def test_converting_twice_changes_nothing_more(value: Any, annotation: Any) -> None:
    once = convert(value, annotation)
    assert convert(once, annotation) == once


@given(JSON)
def test_text_of_a_container_is_read_back(value: Any) -> None:
    if isinstance(value, list):
        assert convert(convert(value, str), list) == value
    if isinstance(value, dict):
        assert convert(convert(value, str), dict) == value


@pytest.mark.parametrize(
    ("text", "value"), [("abc", 0), ("", 0), ("1,5", 0.0), ("yes", False), ("TRUE!", False), ("on", False)]
)
def test_a_text_that_says_nothing_of_its_type_is_noticed(text: str, value: Any) -> None:
    assert says_nothing(text, value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("0.4", 0),
        ("-0", 0.0),
        ("7", 7),
        ("no", False),
        ("False", False),
        ("", False),
        ("true", True),
        ("0", "0"),
    ],
)
def test_a_text_that_was_understood_is_not(text: str, value: Any) -> None:
    assert not says_nothing(text, value)

"""The compiled checks agree with the jsonschema library."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.sdk.brief import brief
from blocks.sdk.check import NOT_FINITE, compiled

TYPES = ["string", "integer", "number", "boolean", "array", "object", "null"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, 1.0, -2.0])
    | st.sampled_from(["", "a", "ab"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
LEAVES = st.one_of(
    st.just({}),
    st.builds(lambda name: {"type": name}, st.sampled_from(TYPES)),
    st.builds(lambda names: {"type": names}, st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True)),
    st.builds(lambda values: {"enum": values}, st.lists(JSON, min_size=1, max_size=3)),
    st.builds(lambda value: {"const": value}, JSON),
    st.builds(
        lambda word, n: {word: n}, st.sampled_from(["minimum", "maximum", "exclusiveMinimum"]), st.integers(-2, 2)
    ),
    st.builds(
        lambda word, n: {word: n},
        st.sampled_from(["minLength", "maxLength", "minItems", "maxItems"]),
        st.integers(0, 2),
    ),
    st.builds(lambda pattern: {"pattern": pattern}, st.just("^a")),
    st.just({"uniqueItems": True}),
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda part: {"type": "array", "items": part}, inner),
        st.builds(
            lambda parts, needed, others: {"properties": parts, "required": needed, "additionalProperties": others},
            st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            inner | st.booleans(),
        ),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"oneOf": parts}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=5,
)


@given(SCHEMAS, JSON)
def test_a_compiled_check_accepts_what_the_library_accepts(schema: dict[str, Any], value: Any) -> None:
    check = compiled(schema)
    accepted = check is None or check(value) is None
    assert accepted == jsonschema.Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("text", sorted(NOT_FINITE))
def test_a_number_pin_takes_the_names_of_numbers_that_json_lacks(text: str) -> None:
    check = compiled({"type": "number"})
    assert check is not None
    assert check(text) is None
    assert check("1") == "'1' is not a number"


def test_true_and_false_schemas_accept_everything_and_nothing() -> None:
    nothing = compiled(schema=False)
    assert compiled(schema=True) is None
    assert nothing is not None
    assert nothing(1) == "1 is not accepted here"


def test_a_problem_is_told_briefly_however_large_the_value_is() -> None:
    check = compiled({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]})
    assert check is not None
    for value in ("x" * 10**7, ["x" * 10**7], {"k": "x" * 10**7}, [[1] * 10**6], 1.5, b"x" * 10**7):
        assert len(check(value) or "") < 300


def test_a_value_far_too_deep_is_a_problem_and_no_crash() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for schema in (
        {"type": "string"},
        {"enum": ["a"]},
        {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
    ):
        check = compiled(schema)
        assert check is not None
        assert check(deep) is not None


@given(JSON)
def test_values_are_described_in_a_few_words(value: Any) -> None:
    assert 0 < len(brief(value)) < 100

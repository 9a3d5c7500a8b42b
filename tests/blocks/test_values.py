"""Whatever a block emits becomes plain JSON."""

import dataclasses
import json
import math
import uuid
from collections import OrderedDict, deque
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from blocks.sdk import to_json
from blocks.sdk.values import MAX_DEPTH


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Shape(Enum):
    ROUND = ("r", 1)


class Person(BaseModel):
    name: str
    born: date


@dataclasses.dataclass
class Point:
    x: int
    tags: set[str]


class Silent:
    def __str__(self) -> str:
        raise RuntimeError("no words")


TABLE: list[tuple[Any, Any]] = [
    (math.nan, "NaN"),
    (math.inf, "Infinity"),
    ([-math.inf, 1.5], ["-Infinity", 1.5]),
    ((1, (2,)), [1, [2]]),
    ({"b", "a"}, ["a", "b"]),
    ({1, "a"}, [1, "a"]),
    (date(2024, 2, 29), "2024-02-29"),
    (time(9, 30), "09:30:00"),
    (datetime(2024, 1, 2, 3, 4, tzinfo=UTC), "2024-01-02T03:04:00+00:00"),
    (b"hi", "aGk="),
    (Colour.RED, "red"),
    ([Level.HIGH], [3]),
    (Shape.ROUND, ["r", 1]),
    (Person(name="A", born=date(2000, 1, 1)), {"name": "A", "born": "2000-01-01"}),
    (Point(1, {"t"}), {"x": 1, "tags": ["t"]}),
    ({2: "a", None: "b", True: "c", 1.5: "d"}, {"2": "a", "null": "b", "true": "c", "1.5": "d"}),
    ({(1, 2): math.nan, Colour.RED: 1}, {"(1, 2)": "NaN", "red": 1}),
    (OrderedDict(a=1), {"a": 1}),
    (Decimal("1.10"), "1.10"),
    (uuid.UUID(int=0), "00000000-0000-0000-0000-000000000000"),
    (deque([1]), "deque([1])"),
    (Silent(), "<Silent>"),
    ("\ud800\0", "\ud800\0"),
]


@pytest.mark.parametrize(("value", "expected"), TABLE, ids=[type(value).__name__ for value, _ in TABLE])
def test_a_python_value_becomes_json(value: Any, expected: Any) -> None:
    plain = to_json(value)
    assert json.dumps(plain) == json.dumps(expected)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_plain_json_stays_as_it_is_in_its_order(value: Any) -> None:
    assert json.dumps(to_json(value)) == json.dumps(value)


def test_the_result_shares_nothing_with_the_original() -> None:
    original = {"a": [1]}
    plain = to_json(original)
    original["a"].append(2)
    assert plain == {"a": [1]}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 900, 5_000, 200_000])
def test_a_value_that_is_nested_too_deeply_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="nested more than 200 levels"):
        to_json(nested(depth))


def test_a_value_may_be_nested_as_deep_as_the_limit() -> None:
    assert to_json(nested(MAX_DEPTH)) == nested(MAX_DEPTH)


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="nested more than 200 levels"):
        to_json(loop)

"""What a run costs."""

from typing import Any

import pytest

from blocks.sdk import Cost, CostType, price

MATCHES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({}, {"x": 1}, True),
    ({"model": "a"}, {"model": "a", "x": 1}, True),
    ({"model": "a"}, {"model": "b"}, False),
    ({"raw": False}, {}, True),
    ({"raw": False}, {"raw": None}, True),
    ({"raw": False}, {"raw": ""}, True),
    ({"raw": False}, {"raw": True}, False),
    ({"c": {"id": 1}}, {"c": {"id": 1, "provider": "p"}}, True),
    ({"c": {"id": 1}}, {"c": {"id": 2}}, False),
    ({"c": {"id": 1}}, {}, False),
    ({"c": {"id": 1}}, {"c": None}, False),
    ({"c": {"id": 1}}, {"c": "text"}, False),
    ({"c": {"id": None}}, {"c": {}}, True),
    ({"c": {"id": None}}, {"c": "text"}, False),
    ({"list": [1]}, {"list": [1]}, True),
    ({"list": [1]}, {"list": [1, 2]}, False),
]


@pytest.mark.parametrize(("wanted", "data", "matches"), MATCHES)
def test_a_price_holds_for_input_that_contains_its_filter(
    wanted: dict[str, Any],
    data: dict[str, Any],
    matches: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert price([Cost(5, filter=wanted)], data) == (5 if matches else 0)


def test_the_first_of_equally_specific_prices_counts() -> None:
    costs = [Cost(7, filter={"tier": "gold"}), Cost(3, filter={"flag": False})]
    assert price(costs, {"tier": "gold", "flag": False}) == 7


def test_the_most_specific_price_counts_wherever_it_stands() -> None:
    costs = [Cost(16), Cost(18, filter={"model": "x"})]
    assert price(costs, {"model": "x"}) == 18
    assert price(costs, {"model": "y"}) == 16


def test_prices_by_second_and_byte_are_not_part_of_a_run() -> None:
    assert price([Cost(9, CostType.SECOND), Cost(9, CostType.BYTE)], {}) == 0

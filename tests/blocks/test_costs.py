"""What a run costs."""

from typing import Any

import pytest

from blocks.sdk import Cost, CostType, price
from blocks.sdk.costs import matching, unreachable

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


def test_one_price_holds_whatever_its_type() -> None:
    costs = [Cost(16), Cost(2, CostType.SECOND, {"model": "x"})]
    assert matching(costs, {"model": "x"}) == costs[1]
    assert price(costs, {"model": "x"}) == 0  # nothing of it is known before the run


def test_conditions_inside_of_a_value_count_each() -> None:
    costs = [Cost(1, filter={"c": {"id": 1}}), Cost(2, filter={"c": {"id": 1, "type": "key"}})]
    assert price(costs, {"c": {"id": 1, "type": "key"}}) == 2


def test_who_brings_a_key_pays_nothing_for_the_platform() -> None:
    costs = [Cost(5, platform=True), Cost(1, filter={"proxy": True})]
    assert (price(costs, {}, platform=True), price(costs, {})) == (5, 0)
    assert price(costs, {"proxy": True}) == 1


@pytest.mark.parametrize(
    ("costs", "hidden"),
    [
        ([Cost(16), Cost(18, filter={"model": "V_3"})], []),
        ([Cost(16), Cost(18)], [1]),
        ([Cost(5, filter={"raw": False}), Cost(6, filter={"raw": None})], [1]),
        ([Cost(5, filter={"raw": False}), Cost(6)], []),
        ([Cost(5, platform=True), Cost(6)], []),
        ([Cost(5), Cost(2, CostType.SECOND)], [1]),
    ],
)
def test_an_entry_that_never_holds_is_found(costs: list[Cost], hidden: list[int]) -> None:
    assert unreachable(costs) == [costs[number] for number in hidden]


def test_what_is_measured_is_rounded_down() -> None:
    assert Cost(3, CostType.SECOND).measured(seconds=1.5, size=99) == 4
    assert Cost(2, CostType.BYTE).measured(seconds=1.5, size=99) == 198
    assert Cost(2).measured(seconds=1.5, size=99) == 0

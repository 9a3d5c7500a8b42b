"""The price list of the known blocks."""

from collections.abc import Mapping
from typing import Any

import pytest

from blocks import prices, registry
from blocks.sdk import price
from blocks.sdk.costs import unreachable

SMART_DECISION_MAKER = "3b191d9f-356f-482d-8238-ba04b6d18381"
IDEOGRAM = "6ab085e2-20b3-4055-bc3e-08036e01eca6"
IMAGE_EDITOR = "3fd9c73d-4370-4925-a1ff-1b86b99fabfa"
APOLLO_PEOPLE = "c2adb3aa-5aae-488d-8a6e-4eb8c23e2ed6"
EXTRACT = "436c3984-57fd-4b85-8e9a-459b356883bd"


@pytest.mark.parametrize(
    ("block_id", "data", "amount"),
    [
        (SMART_DECISION_MAKER, {"model": "gpt-4o"}, 3),
        (SMART_DECISION_MAKER, {"model": "gpt-4o-mini"}, 1),
        (SMART_DECISION_MAKER, {"model": "claude-opus-4-1-20250805"}, 21),
        (IDEOGRAM, {"ideogram_model_name": "V_2"}, 16),
        (IDEOGRAM, {"ideogram_model_name": "V_3"}, 18),
        (IMAGE_EDITOR, {"model": "Flux Kontext Max"}, 20),
        (APOLLO_PEOPLE, {}, 10),
        (APOLLO_PEOPLE, {"enrich_info": True}, 20),
        (EXTRACT, {"raw_content": True}, 0),
    ],
)
def test_blocks_cost_what_the_list_says_and_nothing_with_a_key_of_ones_own(
    block_id: str, data: Mapping[str, Any], amount: int
) -> None:
    assert price(prices.listed(block_id), data, platform=True) == amount
    assert price(prices.listed(block_id), data) == 0


def test_every_price_can_be_reached_and_asks_for_values_that_its_block_takes() -> None:
    for spec in registry.catalogue():
        assert unreachable(spec.costs) == []
        for cost in spec.costs:
            for pin, wanted in cost.filter.items():
                choices = spec.inputs[pin].schema.get("enum")
                assert choices is None or wanted in choices, f"{spec.name}.{pin} is never {wanted!r}"


def test_every_block_with_a_price_is_known() -> None:
    priced = [spec for spec in registry.catalogue() if prices.listed(spec.id)]
    assert len(priced) == 114
    assert [spec.name for spec in priced if spec.placeholder and spec.costs != prices.listed(spec.id)] == []

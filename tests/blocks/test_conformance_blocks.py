"""The test blocks are those that the conformance suite describes."""

import json
from pathlib import Path
from typing import Any

import pytest

from blocks.sdk import BlockSpec, describe
from tests.conformance_blocks import echo, failures, special, streams, typed

DESCRIBED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "conformance" / "blocks.json").read_text("utf-8")
)["test_blocks"]
MODULES = (echo, streams, failures, typed, special)


def built(class_name: str) -> BlockSpec:
    return describe(next(getattr(module, class_name) for module in MODULES if hasattr(module, class_name)))


@pytest.mark.parametrize("fact", DESCRIBED.values(), ids=list(DESCRIBED))
def test_a_test_block_is_as_described(fact: dict[str, Any]) -> None:
    spec = built(fact["class_name"])
    assert (spec.id, spec.block_type, spec.static_output) == (fact["id"], fact["block_type"], fact["static_output"])
    assert {name: pin.required for name, pin in spec.inputs.items()} == {
        name: pin["required"] for name, pin in fact["input"].items()
    }
    assert spec.output_names == fact["output"].keys()
    assert [
        {"cost_type": cost.type, "cost_amount": cost.amount, "cost_filter": cost.filter} for cost in spec.costs
    ] == fact["cost"]

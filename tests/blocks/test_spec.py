"""What graphs and the engine know of a block, and the checks on its data."""

import timeit
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from blocks.sdk import (
    Block,
    BlockDisabled,
    BlockInput,
    BlockOutput,
    BlockSpec,
    Context,
    ConversionError,
    Effect,
    Emissions,
    Field,
    InputError,
    Workload,
    describe,
)
from blocks.sdk.cases import call
from tests.conformance_blocks import echo, failures, special, streams, typed


class Part(BaseModel):
    """A nested model."""

    size: int = 1
    parts: list["Part"] = []


class ManyInput(BlockInput):
    text: str = Field(description="A text.", placeholder="Hello")
    number: float = Field(2.5, advanced=False)
    items: list[int] = Field([], depends_on=["text"])
    secret: str | None = Field(None, secret=True, hidden=True)
    part: Part = Field({"size": 2, "parts": []})


class ManyBlock(Block):
    """Has pins of many kinds.

    More about it.
    """

    id = "11111111-0000-4000-8000-000000000003"
    Input = ManyInput

    class Output(BlockOutput):
        items: list[int] = Field()

    def run(self, data: ManyInput, context: Context) -> Emissions:
        data.items.append(1)
        yield "items", data.items


class HeirBlock(ManyBlock):
    """Inherits its pins and adds one."""

    id = "11111111-0000-4000-8000-000000000004"

    class Input(ManyInput):
        more: int = Field(0)


@pytest.fixture
def many() -> BlockSpec:
    return describe(ManyBlock)


def test_a_spec_tells_what_the_class_says(many: BlockSpec) -> None:
    assert (many.name, many.description) == ("ManyBlock", "Has pins of many kinds.")
    assert (many.workload, many.effect, many.is_async) == (Workload.CPU, Effect.PURE, False)
    assert many.output_names == {"error", "items"}
    assert many.input_schema["required"] == ["text"]
    assert not many.placeholder
    assert describe(streams.SleepBlock).workload is Workload.IO
    assert describe(streams.SleepBlock).is_async


def test_pins_carry_what_forms_and_checks_need(many: BlockSpec) -> None:
    text, number, items, secret, part = many.inputs.values()
    assert (text.required, text.has_default, text.advanced) == (True, False, False)
    assert (number.required, number.default, number.advanced) == (False, 2.5, False)
    assert (items.default, items.depends_on, items.advanced) == ([], ("text",), True)
    assert (secret.secret, secret.hidden, secret.has_default, secret.default) == (True, True, True, None)
    assert part.default == {"size": 2, "parts": []}
    assert text.schema["placeholder"] == "Hello"


def test_schemas_stand_alone(many: BlockSpec) -> None:
    assert "$ref" not in str(many.input_schema)
    assert "$defs" not in str(many.input_schema)
    assert many.problem({"text": "x", "part": {"parts": [{"size": 1}]}}) is None


def test_only_own_pins_are_converted() -> None:
    spec = describe(HeirBlock)
    assert spec.convert({"text": 5, "more": "5", "else": 1}) == {"text": 5, "more": 5, "else": 1}


def test_conversion_keeps_order_nulls_and_foreign_keys(many: BlockSpec) -> None:
    converted = many.convert({"z": 1, "items": '["1"]', "text": None, "number": "3"})
    assert list(converted.items()) == [("z", 1), ("items", [1]), ("text", None), ("number", 3.0)]


def test_a_conversion_that_fails_names_the_pin() -> None:
    with pytest.raises(ConversionError, match="x: bytes"):
        describe(typed.StrBlock).convert({"x": b"raw"})


def test_missing_and_null_inputs_are_named() -> None:
    spec = describe(echo.TriBlock)
    assert spec.problem({"b": 1, "c": None}) == "missing input: a, c"
    assert spec.problem({"a": 0, "b": "", "c": False}) is None


def test_wrong_types_are_named() -> None:
    assert describe(typed.IntBlock).problem({"x": True}) == "input data mismatch: x: true is not a whole number"
    assert describe(typed.ListIntBlock).problem({"x": [1, "a"]}) == (
        "input data mismatch: x: element 1: 'a' is not a whole number"
    )


def test_credentials_are_checked_elsewhere() -> None:
    spec = describe(special.KeyedBlock)
    assert spec.problem({"x": 1}) is None
    assert spec.inputs["credentials"].required
    assert "credentials" in spec.input_schema["required"]
    assert spec.credentials["credentials"].providers == ("github",)


def test_binding_drops_nulls_and_applies_defaults(many: BlockSpec) -> None:
    bound: Any = many.bind({"text": "x", "number": None, "values_#_a": 1})
    assert (bound.text, bound.number, bound.items) == ("x", 2.5, [])
    assert bound.part.size == 2


def test_binding_refuses_what_does_not_fit(many: BlockSpec) -> None:
    with pytest.raises(InputError, match="missing input: text"):
        many.bind({})
    with pytest.raises(InputError, match="input data mismatch: number"):
        many.bind({"text": "x", "number": "y"})


def test_numbers_that_json_lacks_arrive_as_numbers() -> None:
    spec = describe(typed.FloatBlock)
    assert call(spec, spec.convert({"x": "inf"}), Context()) == [("out", "Infinity")]


def test_a_default_is_the_blocks_own_at_every_call(many: BlockSpec) -> None:
    for _ in range(2):
        assert call(many, {"text": "x"}, Context()) == [("items", [1])]


def test_outputs_of_standard_blocks_are_checked() -> None:
    spec = describe(failures.BadTypeBlock)
    assert spec.output_problem("num", 1) is None
    assert "invalid output data" in (spec.output_problem("num", "x") or "")
    assert "Invalid property name 'nope'" in (spec.output_problem("nope", 1) or "")


def test_outputs_of_other_blocks_are_not_checked() -> None:
    assert describe(special.AIToolBlock).output_problem("tools_^_node_~_pin", 1) is None


def test_a_disabled_block_is_not_run() -> None:
    body = {"__doc__": "Off.", "id": "11111111-0000-4000-8000-000000000005", "disabled": "It is out of order."}
    spec = describe(type("OffBlock", (echo.EchoBlock,), body))
    with pytest.raises(BlockDisabled, match="out of order"):
        spec.bind({"x": 1})


@pytest.mark.parametrize("size", [10**6])
def test_huge_inputs_are_checked_quickly(size: int) -> None:
    spec = describe(typed.ListBlock)
    data = {"x": [0] * size}
    assert timeit.timeit(lambda: spec.problem(data), number=1) < 0.5


@pytest.mark.parametrize(
    "work",
    [
        lambda spec, data: spec.convert(data),
        lambda spec, data: spec.problem(data),
        lambda spec, data: spec.bind(data),
    ],
    ids=["convert", "problem", "bind"],
)
def test_small_inputs_take_microseconds(many: BlockSpec, work: Callable[[BlockSpec, Any], Any]) -> None:
    data = {"text": "x", "number": 1.5, "items": [1, 2, 3]}
    # the best of several, because the machine may be busy
    assert min(timeit.repeat(lambda: work(many, data), number=200, repeat=5)) / 200 < 0.00005

"""Turns a value into another type."""

from typing import Any, Literal

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.conversion import to_dictionary, to_list, to_number, to_text, to_truth

_CONVERSIONS = {
    "string": to_text,
    "number": to_number,
    "boolean": to_truth,
    "list": to_list,
    "dictionary": to_dictionary,
}


class UniversalTypeConverterBlock(Block):
    """Turns any value into text, a number, true or false, a list or a dictionary."""

    id = "95d1b990-ce13-4d88-9737-ba5c2070c97b"
    categories = (Category.BASIC,)
    cases = (
        Case({"value": {"a": [1]}, "type": "string"}, [("value", '{"a": [1]}')]),
        Case({"value": "1e3", "type": "number"}, [("value", 1000.0)]),
        Case({"value": [1, 2], "type": "number"}, [("value", 2.0)]),
        Case({"value": "yes", "type": "boolean"}, [("value", False)]),
        Case({"value": {"a": 1}, "type": "list"}, [("value", [["a", 1]])]),
        Case({"value": [1, 2], "type": "dictionary"}, [("value", {"0": 1, "1": 2})]),
        Case({"value": 1, "type": "colour"}, raises="type"),
    )

    class Input(BlockInput):
        value: Any = Field(description="The value.")
        type: Literal["string", "number", "boolean", "list", "dictionary"] = Field(description="What it shall become.")

    class Output(BlockOutput):
        value: Any = Field(description="The converted value.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "value", _CONVERSIONS[data.type](data.value)

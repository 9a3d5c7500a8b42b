"""Branches on equality."""

from typing import Any

from blocks.sdk import (
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    ConversionError,
    Emissions,
    Field,
    convert,
)
from blocks.sdk.values import same


class IfInputMatchesBlock(Block):
    """Emits one of two outputs, depending on whether the input equals a value."""

    id = "6dbbc4b3-ca6c-42b6-b508-da52d23e13f2"
    categories = (Category.LOGIC,)
    cases = (
        Case({"input": 10, "value": "10", "yes_value": "y"}, [("result", True), ("yes_output", "y")]),
        Case({"input": 5, "value": "abc", "no_value": "n"}, [("result", False), ("no_output", "n")]),
        Case({"input": 0, "value": "abc"}, [("result", True), ("yes_output", None)]),
        Case({"input": 0, "value": "abc", "exact": True}, [("result", False), ("no_output", None)]),
        Case({"input": True, "value": 1, "exact": True}, [("result", False), ("no_output", None)]),
        Case({"input": [1], "value": "[1]"}, [("result", True), ("yes_output", None)]),
    )

    class Input(BlockInput):
        input: Any = Field(description="The input.")
        value: Any = Field(description="What it is compared with; converted to the type of the input when they differ.")
        yes_value: Any = Field(None, description="Emitted when they match.")
        no_value: Any = Field(None, description="Emitted when they do not match.")
        exact: bool = Field(default=False, description="Convert nothing, and tell true from 1 and false from 0.")

    class Output(BlockOutput):
        result: bool = Field(description="Whether they match.")
        yes_output: Any = Field(description="Emitted when they match.")
        no_output: Any = Field(description="Emitted when they do not match.")

    def run(self, data: Input, context: Context) -> Emissions:
        if same(data.input, data.value) if data.exact else _match(data.input, data.value):
            yield "result", True
            yield "yes_output", data.yes_value
        else:
            yield "result", False
            yield "no_output", data.no_value


def _match(given: Any, value: Any) -> bool:
    return bool(given == value or given == _alike(value, given))


def _alike(value: Any, example: Any) -> Any:
    try:
        return convert(value, type(example))
    except ConversionError:
        return value

"""Reads JSON."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.conversion import parse


class JSONDecoderBlock(Block):
    """Reads the value that a JSON text holds."""

    id = "2b935639-65bc-48fd-9f88-823cd706fcd9"
    categories = (Category.TEXT,)
    cases = (
        Case({"json_str": '{"a": [1, null]}'}, [("data", {"a": [1, None]})]),
        Case({"json_str": "null"}, [("data", None)]),
        Case({"json_str": "[1"}, raises="no JSON"),
        Case({"json_str": "NaN"}, raises="no JSON"),
    )

    class Input(BlockInput):
        json_str: str = Field(description="The JSON text.")

    class Output(BlockOutput):
        data: Any = Field(description="The value.")

    def run(self, data: Input, context: Context) -> Emissions:
        try:
            value = parse(data.json_str)
        except ValueError as wrong:
            raise ValueError(f"the text is no JSON: {wrong}") from None
        yield "data", value

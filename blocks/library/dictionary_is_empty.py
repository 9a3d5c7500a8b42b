"""Tells whether a dictionary is empty."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class DictionaryIsEmptyBlock(Block):
    """Tells whether a dictionary has no keys."""

    id = "a3cf3f64-6bb9-4cc6-9900-608a0b3359b0"
    categories = (Category.BASIC,)
    cases = (
        Case({"dictionary": {}}, [("is_empty", True)]),
        Case({"dictionary": {"a": None}}, [("is_empty", False)]),
    )

    class Input(BlockInput):
        dictionary: dict[Any, Any] = Field(description="The dictionary.")

    class Output(BlockOutput):
        is_empty: bool = Field(description="Whether it has no keys.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "is_empty", not data.dictionary

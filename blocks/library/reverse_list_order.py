"""Turns a list around."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class ReverseListOrderBlock(Block):
    """Emits a list with its elements in reverse order."""

    id = "422cb708-3109-4277-bfe3-bc2ae5812777"
    categories = (Category.BASIC,)
    cases = (
        Case({"input_list": [1, "b", None]}, [("reversed_list", [None, "b", 1])]),
        Case({"input_list": []}, [("reversed_list", [])]),
    )

    class Input(BlockInput):
        input_list: list[Any] = Field(description="The list.")

    class Output(BlockOutput):
        reversed_list: list[Any] = Field(description="The list, last element first.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "reversed_list", data.input_list[::-1]

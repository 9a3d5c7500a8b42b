"""Says whether a list is empty."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

# inside the input model `list` is a pin
AnyList = list[Any]


class ListIsEmptyBlock(Block):
    """Says whether a list is empty."""

    id = "896ed73b-27d0-41be-813c-c1c1dc856c03"
    categories = (Category.BASIC,)
    cases = (Case({"list": []}, [("is_empty", True)]), Case({"list": [0]}, [("is_empty", False)]))

    class Input(BlockInput):
        list: AnyList = Field(description="The list.")

    class Output(BlockOutput):
        is_empty: bool = Field(description="Whether it has no elements.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "is_empty", not data.list

"""Picks an element of a list."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

# inside the input model `list` is a pin
AnyList = list[Any]


class GetListItemBlock(Block):
    """Picks the element at a position of a list; negative positions count from the end."""

    id = "262ca24c-1025-43cf-a578-534e23234e97"
    categories = (Category.BASIC,)
    cases = (
        Case({"list": [1, 2], "index": 0}, [("item", 1)]),
        Case({"list": [1, 2], "index": -1}, [("item", 2)]),
        Case({"list": [], "index": 0}, raises="no element 0"),
    )

    class Input(BlockInput):
        list: AnyList = Field(description="The list.")
        index: int = Field(description="The position, from 0.")

    class Output(BlockOutput):
        item: Any = Field(description="The element.")

    def run(self, data: Input, context: Context) -> Emissions:
        if not -len(data.list) <= data.index < len(data.list):
            raise ValueError(f"there is no element {data.index} in a list of {len(data.list)}")
        yield "item", data.list[data.index]

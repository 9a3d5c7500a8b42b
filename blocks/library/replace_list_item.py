"""Puts another element into a place of a list."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

# inside the input model `list` is a pin
AnyList = list[Any]


class ReplaceListItemBlock(Block):
    """Replaces the element at a position of a list; negative positions count from the end."""

    id = "fbf62922-bea1-4a3d-8bac-23587f810b38"
    categories = (Category.BASIC,)
    cases = (
        Case({"list": [1, 2], "index": 0, "value": 9}, [("updated_list", [9, 2]), ("old_item", 1)]),
        Case({"list": [1, 2], "index": -1, "value": 9}, [("updated_list", [1, 9]), ("old_item", 2)]),
        Case({"list": [], "index": 0, "value": 9}, raises="no element 0"),
    )

    class Input(BlockInput):
        list: AnyList = Field(description="The list.")
        index: int = Field(description="The position, from 0.")
        value: Any = Field(description="The new element.")

    class Output(BlockOutput):
        updated_list: AnyList = Field(description="The list with the new element.")
        old_item: Any = Field(description="The element that was there.")

    def run(self, data: Input, context: Context) -> Emissions:
        if not -len(data.list) <= data.index < len(data.list):
            raise ValueError(f"there is no element {data.index} in a list of {len(data.list)}")
        updated = [*data.list]
        updated[data.index] = data.value
        yield "updated_list", updated
        yield "old_item", data.list[data.index]

"""Takes an element out of a list."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

# inside the input model `list` is a pin
AnyList = list[Any]


class RemoveFromListBlock(Block):
    """Takes an element, found by its position or its value, out of a copy of a list."""

    id = "d93c5a93-ac7e-41c1-ae5c-ef67e6e9b826"
    categories = (Category.BASIC,)
    cases = (
        Case({"list": [1, 2, 1], "value": 1}, [("updated_list", [2, 1])]),
        Case({"list": [0, 1], "value": 0, "return_item": True}, [("updated_list", [1]), ("removed_item", 0)]),
        Case({"list": [1, 2], "index": 0, "value": 2}, [("updated_list", [2])]),
        Case({"list": [1, 2], "index": -1}, [("updated_list", [1])]),
        Case({"list": [1], "value": 9}, raises="not in the list"),
        Case({"list": [1], "index": 7}, raises="no element 7"),
        Case({"list": [1]}, raises="value or index"),
    )

    class Input(BlockInput):
        list: AnyList = Field(description="The list.")
        value: Any = Field(None, description="The element; the first equal one is taken out.")
        index: int | None = Field(None, description="The position of the element; it wins over the value.")
        return_item: bool = Field(default=False, description="Emit the element as well.")

    class Output(BlockOutput):
        updated_list: AnyList = Field(description="The list without the element.")
        removed_item: Any = Field(description="The element.")

    def run(self, data: Input, context: Context) -> Emissions:
        rest = list(data.list)
        removed = rest.pop(_place(data.list, data.index, data.value))
        yield "updated_list", rest
        if data.return_item:
            yield "removed_item", removed


def _place(items: AnyList, index: int | None, value: Any) -> int:
    if index is None and value is None:
        raise ValueError("nothing to remove: give a value or index")
    if index is None:
        if value not in items:
            raise ValueError("the value is not in the list")
        return items.index(value)
    if not -len(items) <= index < len(items):
        raise ValueError(f"there is no element {index} in a list of {len(items)}")
    return index

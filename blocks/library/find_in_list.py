"""Looks for a value in a list."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.values import same

# inside the input model `list` is a pin
AnyList = list[Any]


class FindInListBlock(Block):
    """Finds the position of the first element that equals a value."""

    id = "5e2c6d0a-1e37-489f-b1d0-8e1812b23333"
    categories = (Category.BASIC,)
    cases = (
        Case({"list": [1, 2, 1], "value": 1}, [("index", 0), ("found", True)]),
        Case({"list": [1], "value": True}, [("index", 0), ("found", True)]),
        Case({"list": [1], "value": True, "exact": True}, [("found", False), ("not_found_value", True)]),
        Case({"list": ["1"], "value": 1}, [("found", False), ("not_found_value", 1)]),
        Case({"list": [0, {"a": [1]}], "value": {"a": [1]}}, [("index", 1), ("found", True)]),
    )

    class Input(BlockInput):
        list: AnyList = Field(description="The list.")
        value: Any = Field(description="The value.")
        exact: bool = Field(default=False, description="Tell true from 1 and false from 0.")

    class Output(BlockOutput):
        index: int = Field(description="The position, from 0.")
        found: bool = Field(description="Whether the value is in the list.")
        not_found_value: Any = Field(description="The value, when it is not.")

    def run(self, data: Input, context: Context) -> Emissions:
        matches = same if data.exact else _equal
        place = next((place for place, item in enumerate(data.list) if matches(item, data.value)), None)
        if place is None:
            yield "found", False
            yield "not_found_value", data.value
        else:
            yield "index", place
            yield "found", True


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other)

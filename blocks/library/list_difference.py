"""Compares two lists."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.values import identity


class ListDifferenceBlock(Block):
    """Emits the elements of one list that are not in another."""

    id = "05309873-9d61-447e-96b5-b804e2511829"
    categories = (Category.BASIC,)
    cases = (
        Case({"list_a": [1, 2, 1, 3], "list_b": [2]}, [("difference", [1, 1, 3]), ("length", 3)]),
        Case({"list_a": [1, 2], "list_b": [2, 4], "symmetric": True}, [("difference", [1, 4]), ("length", 2)]),
        Case({"list_a": [{"a": [1]}, True], "list_b": [{"a": [1]}, 1]}, [("difference", [True]), ("length", 1)]),
    )

    class Input(BlockInput):
        list_a: list[Any] = Field(description="The list.")
        list_b: list[Any] = Field(description="What is taken out of it.")
        symmetric: bool = Field(default=False, description="Add the elements that are only in the second list.")

    class Output(BlockOutput):
        difference: list[Any] = Field(description="The elements, in their order.")
        length: int = Field(description="How many they are.")

    def run(self, data: Input, context: Context) -> Emissions:
        difference = _without(data.list_a, data.list_b)
        if data.symmetric:
            difference += _without(data.list_b, data.list_a)
        yield "difference", difference
        yield "length", len(difference)


def _without(items: list[Any], others: list[Any]) -> list[Any]:
    gone = set(map(identity, others))
    return [item for item in items if identity(item) not in gone]

"""Finds what two lists share."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.values import identity


class ListIntersectionBlock(Block):
    """Emits the elements that two lists share, each of them once."""

    id = "b6eb08b6-dbe3-411b-b9b4-2508cb311a1f"
    categories = (Category.BASIC,)
    cases = (
        Case({"list_a": [3, 1, 3, 2], "list_b": [2, 3]}, [("intersection", [3, 2]), ("length", 2)]),
        Case(
            {"list_a": [{"a": 1, "b": 2}], "list_b": [{"b": 2, "a": 1}]},
            [("intersection", list), ("length", 1)],
        ),
        Case({"list_a": [1], "list_b": []}, [("intersection", []), ("length", 0)]),
    )

    class Input(BlockInput):
        list_a: list[Any] = Field(description="One list; it decides about the order.")
        list_b: list[Any] = Field(description="The other list.")

    class Output(BlockOutput):
        intersection: list[Any] = Field(description="The elements that are in both.")
        length: int = Field(description="How many they are.")

    def run(self, data: Input, context: Context) -> Emissions:
        wanted = set(map(identity, data.list_b))
        shared: dict[str, Any] = {}
        for item in data.list_a:
            key = identity(item)
            if key in wanted:
                shared.setdefault(key, item)
        yield "intersection", list(shared.values())
        yield "length", len(shared)

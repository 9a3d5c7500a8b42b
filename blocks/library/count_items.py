"""Counts the items of a collection."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class CountItemsBlock(Block):
    """Counts the elements of a list or dictionary, or the characters of a text."""

    id = "3c9c2f42-b0c3-435f-ba35-05f7a25c772a"
    categories = (Category.LOGIC,)
    cases = (
        Case({"collection": [1, 2]}, [("count", 2)]),
        Case({"collection": {"a": 1}}, [("count", 1)]),
        Case({"collection": "héy"}, [("count", 3)]),
        Case({"collection": 5}, [("count", -1)]),
    )

    class Input(BlockInput):
        collection: Any = Field(description="A list, a dictionary or a text.")

    class Output(BlockOutput):
        count: int = Field(description="How many there are; -1 for what cannot be counted.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "count", len(data.collection) if isinstance(data.collection, (list, dict, str)) else -1

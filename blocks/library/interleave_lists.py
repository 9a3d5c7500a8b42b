"""Mixes lists."""

from itertools import zip_longest
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

_GONE = object()


class InterleaveListsBlock(Block):
    """Takes an element from each list in turn; lists that are used up drop out."""

    id = "9f616084-1d9f-4f8e-bc00-5b9d2a75cd75"
    categories = (Category.BASIC,)
    cases = (
        Case({"lists": [[1, 2, 3], ["a"], None, []]}, [("interleaved_list", [1, "a", 2, 3]), ("length", 4)]),
        Case({"lists": [[None], [0]]}, [("interleaved_list", [None, 0]), ("length", 2)]),
        Case({"lists": []}, [("interleaved_list", []), ("length", 0)]),
        Case({"lists": [1]}, raises="lists"),
    )

    class Input(BlockInput):
        lists: list[list[Any] | None] = Field(description="The lists; null counts as an empty one.")

    class Output(BlockOutput):
        interleaved_list: list[Any] = Field(description="The elements in turn.")
        length: int = Field(description="How many they are.")

    def run(self, data: Input, context: Context) -> Emissions:
        rounds = zip_longest(*(part for part in data.lists if part is not None), fillvalue=_GONE)
        mixed = [item for turn in rounds for item in turn if item is not _GONE]
        yield "interleaved_list", mixed
        yield "length", len(mixed)

"""Puts elements of several lists together."""

from itertools import zip_longest
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

MOST_CELLS = 10_000_000


class ZipListsBlock(Block):
    """Groups the first elements of all lists, then the second ones, and so on."""

    id = "0d0e684f-5cb9-4c4b-b8d1-47a0860e0c07"
    categories = (Category.BASIC,)
    cases = (
        Case({"lists": [[1, 2, 3], ["a", "b"]]}, [("zipped_list", [[1, "a"], [2, "b"]]), ("length", 2)]),
        Case(
            {"lists": [[1, 2], ["a"]], "pad_to_longest": True, "fill_value": 0},
            [("zipped_list", [[1, "a"], [2, 0]]), ("length", 2)],
        ),
        Case({"lists": []}, [("zipped_list", []), ("length", 0)]),
    )

    class Input(BlockInput):
        lists: list[list[Any]] = Field(description="The lists.")
        pad_to_longest: bool = Field(default=False, description="Go on to the end of the longest list.")
        fill_value: Any = Field(None, description="Stands where a shorter list has no element.")

    class Output(BlockOutput):
        zipped_list: list[list[Any]] = Field(description="The groups.")
        length: int = Field(description="How many they are.")

    def run(self, data: Input, context: Context) -> Emissions:
        if data.pad_to_longest:
            if len(data.lists) * max(map(len, data.lists), default=0) > MOST_CELLS:
                raise ValueError(f"the result would have more than {MOST_CELLS} elements")
            groups = [list(group) for group in zip_longest(*data.lists, fillvalue=data.fill_value)]
        else:
            groups = [list(group) for group in zip(*data.lists, strict=False)]
        yield "zipped_list", groups
        yield "length", len(groups)

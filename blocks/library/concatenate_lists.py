"""Joins lists."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.values import identity


class ConcatenateListsBlock(Block):
    """Joins lists end to end; it can leave out what is null and what was there before."""

    id = "3cf9298b-5817-4141-9d80-7c2cc5199c8e"
    categories = (Category.BASIC,)
    cases = (
        Case({"lists": [[1], [2, 3]]}, [("concatenated_list", [1, 2, 3])]),
        Case({"lists": []}, [("concatenated_list", [])]),
        Case(
            {"lists": [[1, None], [True, {"a": 1}], [{"a": 1.0}, 1]], "deduplicate": True, "emit_length": True},
            [("concatenated_list", [1, None, True, {"a": 1}]), ("length", 4)],
        ),
        Case({"lists": [[None, 1], [None]], "remove_none": True}, [("concatenated_list", [1])]),
        Case({"lists": [[1], "ab"]}, raises="lists"),
    )

    class Input(BlockInput):
        lists: list[list[Any]] = Field(description="The lists.")
        deduplicate: bool = Field(default=False, description="Keep only the first of equal elements.")
        remove_none: bool = Field(default=False, description="Leave elements out that are null.")
        emit_length: bool = Field(default=False, description="Emit the number of elements, too.")

    class Output(BlockOutput):
        concatenated_list: list[Any] = Field(description="The elements of all lists.")
        length: int = Field(description="How many elements these are.")

    def run(self, data: Input, context: Context) -> Emissions:
        joined = [item for part in data.lists for item in part if item is not None or not data.remove_none]
        if data.deduplicate:
            first: dict[str, Any] = {}
            for item in joined:
                first.setdefault(identity(item), item)
            joined = list(first.values())
        yield "concatenated_list", joined
        if data.emit_length:
            yield "length", len(joined)

"""Takes the lists inside a list apart."""

from collections.abc import Iterator
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.values import TOO_DEEP

DEEPEST = 1000


class FlattenListBlock(Block):
    """Puts the elements of nested lists into one list, down to a depth of your choice."""

    id = "cc45bb0f-d035-4756-96a7-fe3e36254b4d"
    categories = (Category.BASIC,)
    cases = (
        Case({"nested_list": [1, [2, [3]], []]}, [("flattened_list", [1, 2, 3]), ("length", 3), ("original_depth", 3)]),
        Case(
            {"nested_list": [1, [2, [3]]], "max_depth": 1},
            [("flattened_list", [1, 2, [3]]), ("length", 3), ("original_depth", 3)],
        ),
        Case(
            {"nested_list": [1, [2]], "max_depth": 0},
            [("flattened_list", [1, [2]]), ("length", 2), ("original_depth", 2)],
        ),
        Case({"nested_list": []}, [("flattened_list", []), ("length", 0), ("original_depth", 1)]),
        Case({"nested_list": [1], "max_depth": -2}, raises="max_depth"),
    )

    class Input(BlockInput):
        nested_list: list[Any] = Field(description="The list.")
        max_depth: int = Field(-1, description="How many levels to take apart; -1 for all of them.")

    class Output(BlockOutput):
        flattened_list: list[Any] = Field(description="The elements.")
        length: int = Field(description="How many they are.")
        original_depth: int = Field(description="How deeply the list was nested; 1 for a list without lists.")

    def run(self, data: Input, context: Context) -> Emissions:
        if data.max_depth < -1:
            raise ValueError("max_depth must be -1 (all levels) or larger")
        depth = _depth(data.nested_list)
        flat = list(_flat(data.nested_list, DEEPEST if data.max_depth == -1 else data.max_depth))
        yield "flattened_list", flat
        yield "length", len(flat)
        yield "original_depth", depth


def _depth(items: list[Any]) -> int:
    level, depth = [items], 1
    while level := [inner for part in level for inner in part if isinstance(inner, list)]:
        depth += 1
        if depth > DEEPEST:
            raise ValueError(TOO_DEEP)
    return depth


def _flat(items: list[Any], levels: int) -> Iterator[Any]:
    # a stack of iterators: no depth can exhaust Python's own stack
    open_ = [iter(items)]
    while open_:
        for item in open_[-1]:
            if isinstance(item, list) and len(open_) <= levels:
                open_.append(iter(item))
                break
            yield item
        else:
            open_.pop()

"""Goes through lists and dictionaries element by element."""

from collections.abc import Iterable, Iterator
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.conversion import parse

MOST_ITEMS = 10_000
MOST_CHARACTERS = 1024 * 1024


class StepThroughItemsBlock(Block):
    """Emits every element of a list or dictionary, each followed by its position or key."""

    id = "f66a3543-28d3-4ab5-8945-9b336371e2ce"
    categories = (Category.LOGIC,)
    cases = (
        Case({"items": [7, None]}, [("item", 7), ("key", 0), ("item", None), ("key", 1)]),
        Case({"items_object": {"k": 1}, "items_str": "[3]"}, [("item", 1), ("key", "k"), ("item", 3), ("key", 0)]),
        Case({"items_str": '"ab"'}, [("item", "a"), ("key", 0), ("item", "b"), ("key", 1)]),
        Case({"items": []}),
        Case({"items_str": "5"}, raises="neither a list nor a dictionary"),
        Case({"items_str": "[1"}, raises="no JSON"),
        Case({"items": [0] * 10_001}, raises="more than 10000"),
    )

    class Input(BlockInput):
        items: list[Any] = Field([], advanced=False, description="A list.")
        items_object: dict[str, Any] = Field({}, advanced=False, description="A dictionary.")
        items_str: str = Field("", advanced=False, description="A list or dictionary as JSON text.")

    class Output(BlockOutput):
        item: Any = Field(description="The element.")
        key: Any = Field(description="Its position, from 0, or its key.")

    def run(self, data: Input, context: Context) -> Emissions:
        sources = (data.items, data.items_object, _parsed(data.items_str))
        if any(len(source) > MOST_ITEMS for source in sources):
            raise ValueError(f"there are more than {MOST_ITEMS} elements")
        for source in sources:
            for key, item in _entries(source):
                if context.cancelled():
                    return
                yield "item", item
                yield "key", key


def _entries(source: Any) -> Iterable[tuple[Any, Any]] | Iterator[tuple[Any, Any]]:
    return source.items() if isinstance(source, dict) else enumerate(source)


def _parsed(text: str) -> Any:
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"the text is longer than {MOST_CHARACTERS} characters")
    if not text:
        return []
    try:
        parsed = parse(text)
    except ValueError as wrong:
        raise ValueError(f"the text is no JSON: {wrong}") from None
    if not isinstance(parsed, (list, dict, str)):
        raise ValueError("the text is neither a list nor a dictionary")
    return parsed

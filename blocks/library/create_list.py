"""Makes lists of values from several links."""

import re
from collections.abc import Iterator
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.conversion import to_text

_WORDS = re.compile(r"\w+|[^\w\s]")
_CHARACTERS_PER_TOKEN = 5

# inside the output model `list` is a pin
AnyList = list[Any]


class CreateListBlock(Block):
    """Makes a list; links bring its elements on pins such as values_$_0. Long lists can be cut into several."""

    id = "a912d5c7-6e00-4542-b2a9-8034136930e4"
    categories = (Category.DATA,)
    cases = (
        Case({"values": [1, 2, 3]}, [("list", [1, 2, 3])]),
        Case({"values": []}, [("list", [])]),
        Case({"values": [1, 2, 3], "max_size": 2}, [("list", [1, 2]), ("list", [3])]),
        Case({"values": ["aa bb cc", "dd ee ff"], "max_tokens": 3}, [("list", ["aa bb cc"]), ("list", ["dd ee ff"])]),
        Case({"values": ["aa bb cc"], "max_tokens": 2}, [("list", []), ("list", ["aa bb cc"])]),
    )

    class Input(BlockInput):
        values: AnyList = Field(description="The elements.")
        max_size: int | None = Field(None, description="The most elements of one list; 0 means no limit.")
        max_tokens: int | None = Field(None, description="The most tokens, about, of one list; 0 means no limit.")

    class Output(BlockOutput):
        list: AnyList = Field(description="The list, or one of them.")

    def run(self, data: Input, context: Context) -> Emissions:
        for chunk in _chunks(data.values, data.max_size or 0, data.max_tokens or 0):
            if context.cancelled():
                return
            yield "list", chunk


def _chunks(values: AnyList, most: int, most_tokens: int) -> Iterator[AnyList]:
    chunk: AnyList = []
    used = 0
    for value in values:
        size = tokens(value) if most_tokens > 0 else 0
        if (0 < most <= len(chunk)) or (0 < most_tokens < used + size):
            yield chunk
            chunk, used = [], 0
        chunk.append(value)
        used += size
    yield chunk


def tokens(value: Any) -> int:
    """About how many tokens a language model sees: one for each mark, and for each started five letters of a word."""
    return sum(-(-len(word) // _CHARACTERS_PER_TOKEN) for word in _WORDS.findall(to_text(value)))

"""Looks a key up."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.conversion import parse

# what a number, an object too, has under a name
_PARTS_OF_NUMBERS = ("real", "imag", "numerator", "denominator")


class FindInDictionaryBlock(Block):
    """Looks a key up in a dictionary or list, which may come as JSON text."""

    id = "0e50422c-6dee-4145-83d6-3a5a392f65de"
    categories = (Category.BASIC,)
    cases = (
        Case({"input": {"a": None}, "key": "a"}, [("output", None)]),
        Case({"input": {"a": 1}, "key": "z"}, [("missing", {"a": 1})]),
        Case({"input": {"a": 1}, "key": "keys"}, [("missing", {"a": 1})]),
        Case({"input": '{"a": 1}', "key": "a"}, [("output", 1)]),
        Case({"input": '{"a": 1}', "key": "z"}, [("missing", '{"a": 1}')]),
        Case({"input": [10, 20], "key": 1}, [("output", 20)]),
        Case({"input": [10, 20], "key": -1}, [("missing", [10, 20])]),
        Case({"input": [{"k": 1}, 5, {"k": 2}], "key": "k"}, [("output", [1, 2])]),
        Case({"input": [{"x": 1}, {"k": 2}], "key": "k"}, [("output", [])]),
        Case({"input": [10, 20], "key": "1", "text_as_position": True}, [("output", 20)]),
        Case({"input": [{"k": 1}], "key": "k", "text_as_position": True}, [("output", [1])]),
        Case({"input": "not json", "key": "a"}, raises="no JSON"),
    )

    class Input(BlockInput):
        input: Any = Field(description="A dictionary, a list, or either as JSON text.")
        key: str | int = Field(description="The key, or the position in a list.")
        text_as_position: bool = Field(
            default=False, description="In a list take a text such as 1 for a position: links turn numbers into text."
        )

    class Output(BlockOutput):
        output: Any = Field(description="What was found.")
        missing: Any = Field(description="The input, when nothing was found.")

    def run(self, data: Input, context: Context) -> Emissions:
        place = _parsed(data.input)
        key = _position(place, data.key) if data.text_as_position else data.key
        if isinstance(place, list) and isinstance(key, str):
            yield "output", _column(place, key)
        elif _has(place, key):
            yield "output", getattr(place, str(key)) if _is_number(place) else place[key]
        else:
            yield "missing", data.input


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except ValueError as wrong:
        raise ValueError(f"the input is no JSON: {wrong}") from None


def _position(place: Any, key: str | int) -> str | int:
    is_written = isinstance(place, list) and isinstance(key, str) and key.isascii() and key.isdigit() and len(key) < 10
    return int(key) if is_written else key


def _has(place: Any, key: str | int) -> bool:
    if isinstance(place, list):
        return isinstance(key, int) and 0 <= key < len(place)
    if isinstance(place, dict):
        return key in place
    return _is_number(place) and key in _PARTS_OF_NUMBERS and hasattr(place, str(key))


def _is_number(place: Any) -> bool:
    return isinstance(place, (int, float))


def _column(rows: list[Any], key: str) -> list[Any]:
    """The values under `key` of all rows that have it, provided that the first one has."""
    if not rows or not isinstance(rows[0], dict) or key not in rows[0]:
        return []
    return [row[key] for row in rows if isinstance(row, dict) and key in row]

"""Puts another value under a key of a dictionary."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class ReplaceDictionaryValueBlock(Block):
    """Replaces the value under a key that the dictionary has already."""

    id = "27e31876-18b6-44f3-ab97-f6226d8b3889"
    categories = (Category.BASIC,)
    cases = (
        Case(
            {"dictionary": {"a": 1, "b": 2}, "key": "a", "value": 3},
            [("updated_dictionary", {"a": 3, "b": 2}), ("old_value", 1)],
        ),
        Case({"dictionary": {"a": 1}, "key": "z", "value": 2}, raises="no key 'z'"),
    )

    class Input(BlockInput):
        dictionary: dict[Any, Any] = Field(description="The dictionary.")
        key: str | int = Field(description="The key; it must be there.")
        value: Any = Field(description="The new value.")

    class Output(BlockOutput):
        updated_dictionary: dict[Any, Any] = Field(description="The dictionary with the new value.")
        old_value: Any = Field(description="The value that was there.")

    def run(self, data: Input, context: Context) -> Emissions:
        if data.key not in data.dictionary:
            raise ValueError(f"the dictionary has no key {data.key!r}")
        yield "updated_dictionary", {**data.dictionary, data.key: data.value}
        yield "old_value", data.dictionary[data.key]

"""Puts entries into a dictionary."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class AddToDictionaryBlock(Block):
    """Puts an entry, several entries or both into a copy of a dictionary."""

    id = "31d1064e-7446-4693-a7d4-65e5ca1180d1"
    categories = (Category.BASIC,)
    cases = (
        Case({"key": "k", "value": 1}, [("updated_dictionary", {"k": 1})]),
        Case({"dictionary": {"a": 1}, "key": "", "value": 2}, [("updated_dictionary", {"a": 1})]),
        Case({"dictionary": {"a": 1}, "entries": {"b": 2, "a": 9}}, [("updated_dictionary", {"a": 9, "b": 2})]),
        Case({"key": "a", "value": 1, "entries": {"a": 2}}, [("updated_dictionary", {"a": 2})]),
        Case({}, [("updated_dictionary", {})]),
    )

    class Input(BlockInput):
        dictionary: dict[str, Any] = Field({}, advanced=False, description="The dictionary; a new one when empty.")
        key: str = Field("", advanced=False, description="The key of the entry.")
        value: Any = Field(None, advanced=False, description="The value of the entry.")
        entries: dict[str, Any] = Field({}, description="More entries; they win over the single one.")

    class Output(BlockOutput):
        updated_dictionary: dict[str, Any] = Field(description="The dictionary with the entries.")

    def run(self, data: Input, context: Context) -> Emissions:
        single = {data.key: data.value} if data.key and data.value is not None else {}
        yield "updated_dictionary", data.dictionary | single | data.entries

"""Takes a key out of a dictionary."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class RemoveFromDictionaryBlock(Block):
    """Emits a dictionary without one of its keys and, if asked for, the value that was there."""

    id = "46afe2ea-c613-43f8-95ff-6692c3ef6876"
    categories = (Category.BASIC,)
    cases = (
        Case({"dictionary": {"a": 1, "b": 2}, "key": "a"}, [("updated_dictionary", {"b": 2})]),
        Case(
            {"dictionary": {"a": None}, "key": "a", "return_value": True},
            [("updated_dictionary", {}), ("removed_value", None)],
        ),
        Case({"dictionary": {"1": 0}, "key": 1}, raises="no key 1"),
    )

    class Input(BlockInput):
        dictionary: dict[Any, Any] = Field(description="The dictionary.")
        key: str | int = Field(description="The key; it must be there.")
        return_value: bool = Field(default=False, description="Emit the removed value, too.")

    class Output(BlockOutput):
        updated_dictionary: dict[Any, Any] = Field(description="The dictionary without the key.")
        removed_value: Any = Field(description="The value that was under the key.")

    def run(self, data: Input, context: Context) -> Emissions:
        if data.key not in data.dictionary:
            raise ValueError(f"the dictionary has no key {data.key!r}")
        yield "updated_dictionary", {key: value for key, value in data.dictionary.items() if key != data.key}
        if data.return_value:
            yield "removed_value", data.dictionary[data.key]

"""Makes a dictionary of values from several links."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class CreateDictionaryBlock(Block):
    """Makes a dictionary; links bring its entries on pins such as values_#_key."""

    id = "b924ddf4-de4f-4b56-9a85-358930dcbc91"
    categories = (Category.DATA,)
    cases = (
        Case({"values": {"a": 1}}, [("dictionary", {"a": 1})]),
        Case({"values": {}}, [("dictionary", {})]),
    )

    class Input(BlockInput):
        values: dict[str, Any] = Field(description="The entries.")

    class Output(BlockOutput):
        dictionary: dict[str, Any] = Field(description="The dictionary.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "dictionary", data.values

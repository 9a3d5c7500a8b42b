"""A plug-in as it should be."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Context, Emissions, Field


class GoodBlock(Block):
    """Does what it should."""

    id = "11111111-0000-4000-8000-000000000001"

    class Input(BlockInput):
        x: Any = Field()

    class Output(BlockOutput):
        out: Any = Field()

    def run(self, data: Input, context: Context) -> Emissions:
        yield "out", data.x

"""The block that does nothing: what is left is what the engine costs."""

from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Context, Emissions, Field


class NoopBlock(Block):
    """Hands its input on."""

    id = "be9c4000-0000-4000-8000-000000000001"

    class Input(BlockInput):
        x: Any = Field(description="Anything.")

    class Output(BlockOutput):
        out: Any = Field(description="The same.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield "out", data.x

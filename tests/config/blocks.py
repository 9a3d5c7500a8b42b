"""A block that runs until a test lets it go on; loaded by PETIOLE_BLOCK_MODULES=tests.config.blocks."""

import asyncio
from pathlib import Path

from blocks.sdk import AsyncEmissions, Block, BlockInput, BlockOutput, Context, Field


class AwaitFileBlock(Block):
    """Waits until a file exists, then emits what is in it."""

    id = "0199d1b5-7000-7000-8000-0000000000f1"

    class Input(BlockInput):
        path: str = Field()

    class Output(BlockOutput):
        text: str = Field()

    async def run(self, data: Input, context: Context) -> AsyncEmissions:
        file = Path(data.path)  # another process makes it, and a look at it takes no time
        while not file.exists():  # noqa: ASYNC110, ASYNC240
            await asyncio.sleep(0.02)
        yield "text", file.read_text()  # noqa: ASYNC240

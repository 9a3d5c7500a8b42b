"""Test blocks that emit several values or take their time."""

import asyncio
from typing import Any

from blocks.sdk import AsyncEmissions, Block, BlockInput, BlockOutput, Context, Emissions, Field
from tests.conformance_blocks.echo import AnyOutput


class ItemOutput(BlockOutput):
    item: Any = Field()


class ListInput(BlockInput):
    xs: list[Any] = Field()


class MultiBlock(Block):
    """Emits every element of a list."""

    id = "e91cc7b8-9301-4b0d-9859-629702d08de1"
    Input = ListInput
    Output = ItemOutput

    def run(self, data: ListInput, context: Context) -> Emissions:
        for item in data.xs:
            yield "item", item


class TwoBlock(Block):
    """Emits every element of a list and its position."""

    id = "294d54a7-bd5e-45dc-841e-13eb66f16b5d"
    Input = ListInput

    class Output(BlockOutput):
        item: Any = Field()
        idx: Any = Field()

    def run(self, data: ListInput, context: Context) -> Emissions:
        for position, item in enumerate(data.xs):
            yield "item", item
            yield "idx", position


class TickerBlock(Block):
    """Emits every element of a list with a pause in between."""

    id = "a2378a2d-6fca-4b89-8bac-e86cd791c5f0"
    Output = ItemOutput

    class Input(BlockInput):
        xs: list[Any] = Field()
        gap: float = Field(0.2)

    async def run(self, data: Input, context: Context) -> AsyncEmissions:
        for position, item in enumerate(data.xs):
            if position:
                await asyncio.sleep(data.gap)
            yield "item", item


class SleepBlock(Block):
    """Waits some seconds without blocking other nodes."""

    id = "d44c4170-38d5-405c-a9c4-c85b9e209778"
    Output = AnyOutput

    class Input(BlockInput):
        t: float = Field()
        x: Any = Field(None)

    async def run(self, data: Input, context: Context) -> AsyncEmissions:
        await asyncio.sleep(data.t)
        yield "out", data.t

"""Blocks that do nothing: at once, so that what is left is what the engine costs, or for a very long time."""

import asyncio
import signal
import time
from collections.abc import Iterator
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Context, Emissions, Field, Workload
from blocks.sdk.spec import AsyncEmissions


class Anything(BlockInput):
    x: Any = Field(description="Anything.")


class Same(BlockOutput):
    out: Any = Field(description="The same.")


class NoopBlock(Block):
    """Hands its input on."""

    id = "be9c4000-0000-4000-8000-000000000001"
    Input = Anything
    Output = Same

    def run(self, data: Anything, context: Context) -> Emissions:
        yield "out", data.x


class CountdownBlock(Block):
    """Feeds itself until nothing is left: a loop."""

    id = "be9c4000-0000-4000-8000-000000000007"

    class Input(BlockInput):
        left: int = Field(description="Passes after this one.")

    class Output(BlockOutput):
        again: int = Field(description="One less.")
        done: bool = Field(description="After the last pass.")

    def run(self, data: Input, context: Context) -> Emissions:
        yield ("again", data.left - 1) if data.left else ("done", True)


class SeriesBlock(Block):
    """Emits numbers."""

    id = "be9c4000-0000-4000-8000-000000000008"

    class Input(BlockInput):
        number: int = Field(description="How many.")

    Output = Same

    def run(self, data: Input, context: Context) -> Emissions:
        for number in range(data.number):
            yield "out", number


class WaitingBlock(Block):
    """On a thread, as a call to a service that takes its time."""

    id = "be9c4000-0000-4000-8000-000000000009"
    workload = Workload.IO

    class Input(BlockInput):
        seconds: float = Field(description="How long.")

    Output = Same

    def run(self, data: Input, context: Context) -> Emissions:
        time.sleep(data.seconds)
        yield "out", data.seconds


class LookingBlock(Block):
    """On a thread, looks whether it is to end."""

    id = "be9c4000-0000-4000-8000-000000000002"
    workload = Workload.IO
    Input = Anything
    Output = Same

    def run(self, data: Anything, context: Context) -> Emissions:
        yield "out", data.x
        while not context.cancelled():
            time.sleep(0.05)


class AwaitingBlock(Block):
    """On the event loop."""

    id = "be9c4000-0000-4000-8000-000000000003"
    Input = Anything
    Output = Same

    async def run(self, data: Anything, context: Context) -> AsyncEmissions:
        yield "out", data.x
        await asyncio.sleep(3600)


class DeafBlock(Block):
    """On a thread, never looks; nothing can end a thread."""

    id = "be9c4000-0000-4000-8000-000000000004"
    workload = Workload.IO
    Input = Anything
    Output = Same

    def run(self, data: Anything, context: Context) -> Emissions:
        yield "out", data.x
        time.sleep(20)


class SleepingBlock(Block):
    """In a process, in one long call."""

    id = "be9c4000-0000-4000-8000-000000000005"
    Input = Anything
    Output = Same

    def run(self, data: Anything, context: Context) -> Emissions:
        yield "out", data.x
        time.sleep(3600)


class StoneBlock(Block):
    """In a process, and no signal that can be held off reaches it."""

    id = "be9c4000-0000-4000-8000-000000000006"
    Input = Anything
    Output = Same

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", data.x
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        time.sleep(3600)

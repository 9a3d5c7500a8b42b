"""Blocks that write lines to the log, from every place where a block's code may run."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Context, Field, Workload

log = logging.getLogger("tests.talking")


class Secret(BlockInput):
    x: Any = Field(description="Anything")


class Out(BlockOutput):
    out: Any = Field(description="What came of it")


class TalkingInProcessBlock(Block):
    """Runs on the main thread of a pool process, if there is one."""

    id = "f0000000-0000-4000-8000-000000000101"
    Input = Secret
    Output = Out

    def run(self, data: Secret, context: Context) -> Iterator[tuple[str, Any]]:
        log.info("in a process")
        yield "out", data.x


class TalkingOnThreadBlock(Block):
    """Runs on a thread of the pool, if it has threads."""

    id = "f0000000-0000-4000-8000-000000000102"
    workload = Workload.IO
    Input = Secret
    Output = Out

    def run(self, data: Secret, context: Context) -> Iterator[tuple[str, Any]]:
        log.info("on a thread")
        yield "out", data.x


class TalkingOnLoopBlock(Block):
    """Runs on the event loop, in a task that it makes there, and on a thread that it asks for."""

    id = "f0000000-0000-4000-8000-000000000103"
    Input = Secret
    Output = Out

    async def run(self, data: Secret, context: Context) -> AsyncIterator[tuple[str, Any]]:
        log.info("on the loop")
        await asyncio.create_task(_say("in a task"))
        await asyncio.to_thread(log.info, "on a thread of the loop")
        yield "out", data.x


class FailingBadlyBlock(Block):
    """Fails as no block should."""

    id = "f0000000-0000-4000-8000-000000000104"
    Input = Secret
    Output = Out

    def run(self, data: Secret, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", 1 / 0


async def _say(text: str) -> None:
    log.info(text)

"""Blocks that bring the engine to places where it seldom is.

Where TEST_CRASH_FOLDER is set, the processes that load them have faults at their crash points."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from blocks.sdk import (
    Block,
    BlockInput,
    BlockOutput,
    BlockType,
    Call,
    Calls,
    Context,
    Cost,
    CostType,
    Emissions,
    Field,
    Review,
    Wait,
    Workload,
)
from executions import crashpoints
from tests.crashes.crew import SWEEPS
from tests.crashes.faults import Faults


class Anything(BlockInput):
    x: Any = Field(description="Anything")


class Out(BlockOutput):
    out: Any = Field(description="What came of it")


class MisledBlock(Block):
    """Gets, at its first attempt, the signal of a stop that nobody has asked for."""

    id = "f1000000-0000-4000-8000-000000000001"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", "began"
        if context.attempt == 1:
            os.kill(os.getpid(), signal.SIGUSR1)
        yield "out", "ended"


class LeaverBlock(Block):
    """Ends its process at its first attempt."""

    id = "f1000000-0000-4000-8000-000000000002"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", data.x
        if context.attempt == 1:
            raise SystemExit(1)


class KillerBlock(Block):
    """Kills its process at its first attempt."""

    id = "f1000000-0000-4000-8000-000000000007"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", data.x
        if context.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)


class DeafBlock(Block):
    """Runs on a thread and does not look whether it is to end, at its first attempt for longer than a stop waits."""

    id = "f1000000-0000-4000-8000-000000000003"
    workload = Workload.IO
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", "began"
        end = time.monotonic() + 10
        while context.attempt == 1 and time.monotonic() < end:
            time.sleep(0.05)
        yield "out", "ended"


class ThreadBlock(Block):
    """Hands its input on, on a thread of a worker that has many, and is paid by what it has carried."""

    id = "f1000000-0000-4000-8000-000000000004"
    costs = (Cost(1, CostType.BYTE),)
    workload = Workload.IO
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", data.x


class SleeperBlock(Block):
    """Waits on the event loop, at its first attempt for ever."""

    id = "f1000000-0000-4000-8000-000000000008"
    Input = Anything
    Output = Out

    async def run(self, data: Anything, context: Context) -> AsyncIterator[tuple[str, Any]]:
        yield "out", "began"
        if context.attempt == 1:
            await asyncio.sleep(3600)


class FilingBlock(Block):
    """Leaves a file in the folder of its run."""

    id = "f1000000-0000-4000-8000-000000000006"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        assert context.files is not None
        context.files.mkdir(parents=True, exist_ok=True)
        (context.files / "note.txt").write_text("a note")
        yield "out", data.x


class PauseInput(BlockInput):
    seconds: float = Field(description="How long to wait")


class PauseBlock(Block):
    """Waits without a worker."""

    id = "f1000000-0000-4000-8000-000000000005"
    Input = PauseInput
    Output = Out

    def run(self, data: PauseInput, context: Context) -> Iterator[tuple[str, Any] | Wait]:
        if not context.state:
            yield "out", "waits"
            yield Wait(datetime.now(UTC) + timedelta(seconds=data.seconds), {"waited": True})
            return
        yield "out", "waited"


class ReviewedBlock(Block):
    """Puts something out, asks, and puts out what it was told."""

    id = "f1000000-0000-4000-8000-000000000009"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Emissions:
        if context.decision is None:
            yield "out", "asks"
            yield Review(data.x)
            return
        yield "out", [context.decision.approved, context.decision.data]


class CallerBlock(Block):
    """Calls every node that is linked from `tools`, with its input on all pins, and puts out how they ended."""

    id = "f1000000-0000-4000-8000-000000000010"
    block_type = BlockType.AI
    workload = Workload.IO
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Emissions:
        if not context.state:
            yield "out", "calls"
            calls = [Call(tool.node_id, dict.fromkeys(tool.pins.values(), data.x)) for tool in context.tools]
            yield Calls(calls, {"called": True})
            return
        yield "out", [[dict(one.outputs), one.error] for one in context.answers]


if folder := os.environ.get("TEST_CRASH_FOLDER"):
    crashpoints.install(Faults(Path(folder)))
    settings.SWEEP_SECONDS = SWEEPS  # the variable knows whole seconds alone

"""Blocks with the habits that an engine has to cope with. Loaded by PETIOLE_BLOCK_MODULES in tests only."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from celery.signals import before_task_publish
from celery.worker.control import control_command

from blocks.sdk import Block, BlockInput, BlockOutput, Context, Cost, Effect, Field, Workload, files


class Anything(BlockInput):
    x: Any = Field(description="Anything")


class Out(BlockOutput):
    out: Any = Field(description="What came of it")


class ForeverBlock(Block):
    """Keeps a process busy until it is interrupted; an `except Exception` does not let go of it."""

    id = "f0000000-0000-4000-8000-000000000001"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", "began"
        while True:
            try:
                time.sleep(0.05)
            except Exception:
                continue


class PatientBlock(Block):
    """Runs on a thread and looks whether it is to end."""

    id = "f0000000-0000-4000-8000-000000000002"
    workload = Workload.IO
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", "began"
        while not context.cancelled():
            time.sleep(0.02)


class AsleepBlock(Block):
    """Waits on the event loop for a very long time."""

    id = "f0000000-0000-4000-8000-000000000003"
    Input = Anything
    Output = Out

    async def run(self, data: Anything, context: Context) -> AsyncIterator[tuple[str, Any]]:
        yield "out", "began"
        await asyncio.sleep(3600)


class DeafBlock(Block):
    """Runs on a thread and never looks whether it is to end, for a few seconds."""

    id = "f0000000-0000-4000-8000-000000000004"
    workload = Workload.IO
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", "began"
        end = time.monotonic() + 8
        while time.monotonic() < end:
            time.sleep(0.05)
        yield "out", "ended"


class FlakyInput(BlockInput):
    x: Any = Field(description="Anything")
    failures: int = Field(default=1, description="Attempts that fail")


class FlakyBlock(Block):
    """Fails a number of times, then succeeds."""

    id = "f0000000-0000-4000-8000-000000000005"
    costs = (Cost(amount=7),)
    Input = FlakyInput
    Output = Out

    def run(self, data: FlakyInput, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", context.attempt
        if context.attempt <= data.failures:
            raise ValueError(f"attempt {context.attempt} fails")


class CountInput(BlockInput):
    n: int = Field(description="How many")
    pause: float = Field(default=0.0, description="Seconds between two")
    until: str = Field(default="", description="A file: nothing follows the first until it is there")


class CountBlock(Block):
    """Emits 0 … n-1."""

    id = "f0000000-0000-4000-8000-000000000006"
    Input = CountInput
    Output = Out

    def run(self, data: CountInput, context: Context) -> Iterator[tuple[str, Any]]:
        for number in range(data.n):
            if data.pause:
                time.sleep(data.pause)
            yield "out", number
            while data.until and not Path(data.until).exists():
                time.sleep(0.02)


class BigBlock(Block):
    """Emits a text of n characters."""

    id = "f0000000-0000-4000-8000-000000000007"
    Input = CountInput
    Output = Out

    def run(self, data: CountInput, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", {"text": "x" * data.n, "n": data.n}


class OnceBlock(Block):
    """Must never be called twice for one execution."""

    id = "f0000000-0000-4000-8000-000000000008"
    effect = Effect.AT_MOST_ONCE
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", context.attempt


class WhoBlock(Block):
    """Emits what the block is told about its surroundings."""

    id = "f0000000-0000-4000-8000-000000000009"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", {"run": context.graph_exec_id, "user": context.user_id, "timezone": context.user_timezone}


class DoomedBlock(Block):
    """Its process is killed the moment it begins to publish what the block has made ready."""

    id = "f0000000-0000-4000-8000-000000000010"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        before_task_publish.connect(_die, weak=False)
        yield "out", data.x


class QuitterBlock(Block):
    """Ends its process."""

    id = "f0000000-0000-4000-8000-000000000011"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", data.x
        raise SystemExit(1)


class StoneBlock(Block):
    """Keeps its process busy for a very long time, where no signal that can be held off reaches it."""

    id = "f0000000-0000-4000-8000-000000000012"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", "began"
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
        time.sleep(3600)


@control_command()
def hang(state: Any) -> None:
    """The main loop of the worker that is asked stands still."""
    time.sleep(3600)


def _die(**_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class LoudBlock(Block):
    """Writes a text file in capitals, into a file that it makes by itself."""

    id = "f0000000-0000-4000-8000-0000000000a2"
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        assert context.files is not None
        given = files.store(data.x, context.files)
        made = context.files / f"loud-{given.name}"
        made.write_text((given.folder / given.name).read_text().upper())
        yield "out", made.name


class MeteredBlock(Block):
    """Reports what it used; fails when it is told to."""

    id = "f0000000-0000-4000-8000-0000000000a1"
    workload = Workload.IO
    Input = Anything
    Output = Out

    def run(self, data: Anything, context: Context) -> Iterator[tuple[str, Any]]:
        context.report({"llm_call_count": 2, "input_token_count": 5})
        yield "out", data.x
        context.report({"llm_call_count": 1, "output_token_count": 3})
        if data.x == "fail":
            raise ValueError("as told")

"""Blocks with the habits that make recovery hard. Loaded by PETIOLE_BLOCK_MODULES for the stack of `chaos` alone."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from blocks.sdk import (
    Block,
    BlockInput,
    BlockOutput,
    BlockType,
    Call,
    Calls,
    Context,
    Cost,
    Effect,
    Emissions,
    Field,
    Workload,
)

EFFECTS = "chaos-effects"


class OneValue(BlockInput):
    x: Any = Field(description="Anything")


class Steps(BlockInput):
    x: Any = Field(description="What is emitted at every step")
    steps: int = Field(default=4, description="How many steps")
    pause: float = Field(default=0.4, description="Seconds of a step")


class Out(BlockOutput):
    out: Any = Field(description="What came of it")


def leave_a_trace(context: Context) -> None:
    """What a call does to the world outside, where no rollback reaches it: a line that is written at once."""
    line = f"{context.node_exec_id} {context.idempotency_key} {time.time():.6f}\n"
    file = os.open(Path(os.environ["PETIOLE_STATE"]) / EFFECTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


def epoch_of(context: Context) -> int:
    """How often the node has failed or waited; an attempt that a crash broke off changes nothing about it."""
    return int(context.idempotency_key.rpartition("-")[2])


class SlowProcessBlock(Block):
    """Takes its time in a process of the pool, and emits as it goes."""

    id = "c4a05000-0000-4000-8000-000000000001"
    Input = Steps
    Output = Out

    def run(self, data: Steps, context: Context) -> Iterator[tuple[str, Any]]:
        leave_a_trace(context)
        for step in range(data.steps):
            time.sleep(data.pause)
            yield "out", [data.x, step]


class SlowThreadBlock(Block):
    """Takes its time on a thread, and looks whether it is to end."""

    id = "c4a05000-0000-4000-8000-000000000002"
    workload = Workload.IO
    Input = Steps
    Output = Out

    def run(self, data: Steps, context: Context) -> Iterator[tuple[str, Any]]:
        leave_a_trace(context)
        for step in range(data.steps):
            time.sleep(data.pause)
            if context.cancelled():
                return
            yield "out", [data.x, step]


class SlowLoopBlock(Block):
    """Takes its time on the event loop."""

    id = "c4a05000-0000-4000-8000-000000000003"
    Input = Steps
    Output = Out

    async def run(self, data: Steps, context: Context) -> AsyncIterator[tuple[str, Any]]:
        leave_a_trace(context)
        for step in range(data.steps):
            await asyncio.sleep(data.pause)
            yield "out", [data.x, step]


class CountInput(BlockInput):
    n: int = Field(description="How many")
    every: int = Field(default=1, description="Which of them come out at `some`, too")
    pause: float = Field(default=0.0, description="Seconds between two")


class CountOutput(BlockOutput):
    each: int = Field(description="0 … n-1")
    some: int = Field(description="Those that `every` divides")


class GeneratorBlock(Block):
    """Emits 0 … n-1."""

    id = "c4a05000-0000-4000-8000-000000000004"
    Input = CountInput
    Output = CountOutput

    def run(self, data: CountInput, context: Context) -> Iterator[tuple[str, Any]]:
        for number in range(data.n):
            if data.pause:
                time.sleep(data.pause)
            yield "each", number
            if number % data.every == 0:
                yield "some", number


class FlakyInput(BlockInput):
    x: Any = Field(description="Anything")
    failures: int = Field(default=2, description="Attempts that fail")


class FlakyBlock(Block):
    """Fails a number of times after its first output, then succeeds. Is paid once."""

    id = "c4a05000-0000-4000-8000-000000000005"
    costs = (Cost(amount=7),)
    Input = FlakyInput
    Output = Out

    def run(self, data: FlakyInput, context: Context) -> Iterator[tuple[str, Any]]:
        epoch = epoch_of(context)
        yield "out", [data.x, epoch]
        if epoch < data.failures:
            raise ValueError(f"attempt {epoch + 1} fails")


class FailingBlock(Block):
    """Emits something, and fails whenever it is called."""

    id = "c4a05000-0000-4000-8000-000000000006"
    workload = Workload.IO
    Input = OneValue
    Output = Out

    def run(self, data: OneValue, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", data.x
        raise ValueError("this never works")


class PaidBlock(Block):
    """Costs three credits; may be called twice with one key."""

    id = "c4a05000-0000-4000-8000-000000000007"
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    costs = (Cost(amount=3),)
    Input = OneValue
    Output = Out

    def run(self, data: OneValue, context: Context) -> Iterator[tuple[str, Any]]:
        leave_a_trace(context)
        time.sleep(0.05)
        yield "out", data.x


class OnceBlock(Block):
    """Costs five credits, and must never be called twice for one execution."""

    id = "c4a05000-0000-4000-8000-000000000008"
    effect = Effect.AT_MOST_ONCE
    costs = (Cost(amount=5),)
    Input = OneValue
    Output = Out

    def run(self, data: OneValue, context: Context) -> Iterator[tuple[str, Any]]:
        leave_a_trace(context)
        time.sleep(0.3)
        yield "out", data.x


class SizeInput(BlockInput):
    n: int = Field(description="How many characters")


class LargeBlock(Block):
    """Emits a text of n characters: by reference, or in a file."""

    id = "c4a05000-0000-4000-8000-000000000009"
    Input = SizeInput
    Output = Out

    def run(self, data: SizeInput, context: Context) -> Iterator[tuple[str, Any]]:
        yield "out", "petiole " * (data.n // 8)


class CallerBlock(Block):
    """Calls everything that is linked from its pin `tools`, three times, and puts out what it was answered."""

    id = "c4a05000-0000-4000-8000-000000000010"
    block_type = BlockType.AI
    workload = Workload.IO
    Input = OneValue
    Output = Out

    def run(self, data: OneValue, context: Context) -> Emissions:
        rounds = context.state.get("rounds", 0)
        heard = [*context.state.get("heard", ()), *({**one.outputs} for one in context.answers)]
        if rounds == 3:
            yield "out", heard
            return
        calls = [Call(tool.node_id, dict.fromkeys(tool.pins.values(), data.x)) for tool in context.tools]
        yield Calls(calls, {"rounds": rounds + 1, "heard": heard})

"""Calls a block and carries what it yields to the outbox (spec 2.9)."""

import asyncio
import concurrent.futures
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, cast

from blocks.sdk import Calls, Review, Wait
from executions.engine import loop
from executions.engine.outbox import Outbox
from executions.engine.pulse import PULSE
from executions.engine.running import Attempt, Cancelled, listen
from executions.engine.work import Work
from executions.errors import EngineFailure, LostClaim

Pause: TypeAlias = Wait | Review | Calls


@dataclass
class Outcome:
    """How a block ended. `error`: a failure, as a message or an exception; `wait`: it is to be called again, later,
    when a person has decided, or when the nodes that it calls have ended."""

    error: Exception | str | None = None
    wait: Pause | None = None
    cancelled: bool = False
    lost: bool = False
    wall: float = 0.0
    cpu: float = 0.0
    extra_cost: int = 0
    extra_steps: int = 0
    # what the block reported of itself: calls of language models, tokens …
    usage: dict[str, int] = field(default_factory=dict)

    def count(self, usage: Mapping[str, int]) -> None:
        for name, number in usage.items():
            self.usage[name] = self.usage.get(name, 0) + number

    @property
    def is_well(self) -> bool:
        """Neither failed nor interrupted."""
        return self.error is None and not self.cancelled and not self.lost


class _Failed(Exception):
    """The block yielded on its `error` pin."""


def invoke(work: Work, outbox: Outbox) -> Outcome:
    """Run the block to its end. Never raises for what a block does; EngineFailure for what the engine could not do,
    SystemExit when the process is told to end."""
    attempt = Attempt(work.execution.pk, work.token, work.node.timeout)
    listen()
    PULSE.watch(attempt, outbox.tick)
    began, began_cpu = time.monotonic(), time.thread_time()
    outcome = Outcome()
    try:
        outcome.wait = _run(work, outbox, attempt, outcome)
        if attempt.cancelled():  # a cooperative block has seen it and returned
            raise Cancelled
    except _Failed as failed:
        outcome.error = str(failed)
    except LostClaim:
        outcome.lost = True
    except EngineFailure:
        raise
    except Cancelled:
        outcome.cancelled, outcome.error = not attempt.timed_out, _timeout(work) if attempt.timed_out else None
    except SystemExit:
        if not attempt.cancelled():  # the process ends: the execution goes on elsewhere
            raise
        outcome.cancelled = True
    except Exception as raised:
        outcome.error = raised
    except BaseException as left:  # an event loop that was cancelled from within
        outcome.cancelled, outcome.error = attempt.cancelled(), RuntimeError(f"{type(left).__name__}: {left}")
    finally:
        PULSE.forget(attempt)
        outcome.wall, outcome.cpu = time.monotonic() - began, time.thread_time() - began_cpu
    return outcome


def _timeout(work: Work) -> ValueError:
    return ValueError(f"The block did not end within its time limit of {work.node.timeout:g} s.")


def _run(work: Work, outbox: Outbox, attempt: Attempt, outcome: Outcome) -> Pause | None:
    assert work.bound is not None
    with attempt.block_code():
        context = work.context(attempt.cancelled, outcome.count)
        produced = work.spec.start(work.bound, context, **work.injected)
    if isinstance(produced, AsyncGenerator):
        pause = _await(work, produced, outbox, attempt)
    else:
        pause = _iterate(work, cast(Iterator[Any], produced), outbox, attempt)
    work.files.keep()  # also what no output has named
    return pause


def _iterate(work: Work, produced: Iterator[Any], outbox: Outbox, attempt: Attempt) -> Pause | None:
    end = object()
    while True:
        with attempt.block_code():
            item = next(produced, end)
        if item is end:
            return None
        if isinstance(item, Pause):
            return item
        _take(outbox, item)


def _take(outbox: Outbox, item: Any) -> None:
    try:
        pin, value = item
    except (TypeError, ValueError):
        raise ValueError(f"the block yielded {item!r:.200}, which is no (pin, value) pair") from None
    if pin == "error":
        raise _Failed("Output error was None" if value is None else str(value))
    outbox.emit(pin, value)


def _await(work: Work, produced: AsyncGenerator[Any, None], outbox: Outbox, attempt: Attempt) -> Pause | None:
    """Run the generator on the loop of the process and wait for its real end, also when it is cancelled.

    A commit never runs on the loop, which would hold up every other block: it is handed to a thread."""

    async def consume() -> Pause | None:
        async with aclosing(produced):
            async for item in produced:
                if isinstance(item, Pause):
                    return item
                await asyncio.to_thread(_take, outbox, item) if outbox.takes_time else _take(outbox, item)
        return None

    running = loop.of_process()
    ended: concurrent.futures.Future[Pause | None] = concurrent.futures.Future()

    def begin() -> None:
        task = running.create_task(consume())
        attempt.also = partial(_cancel, running, task)
        task.add_done_callback(partial(_settle, ended))
        if attempt.cancelled():
            task.cancel()

    running.call_soon_threadsafe(begin)
    return ended.result()


def _cancel(running: asyncio.AbstractEventLoop, task: "asyncio.Task[Pause | None]") -> None:
    running.call_soon_threadsafe(task.cancel)


def _settle(ended: "concurrent.futures.Future[Pause | None]", task: "asyncio.Task[Pause | None]") -> None:
    if task.cancelled():
        ended.set_exception(Cancelled())
    elif task.exception() is not None:
        ended.set_exception(task.exception())
    else:
        ended.set_result(task.result())

"""Waits, then goes on."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field, Wait, Workload


class CountdownTimerBlock(Block):
    """Emits a message after some time, once or repeatedly. Waiting holds no worker and survives restarts."""

    id = "d67a9c52-5e4e-11e2-bcfd-0800200c9a71"
    categories = (Category.TEXT,)
    workload = Workload.IO
    cases = (
        Case({"repeat": 2}, [("output_message", "timer finished"), ("output_message", "timer finished")]),
        Case({"seconds": "1", "minutes": 1, "repeat": 3, "input_message": 5}, [("output_message", 5)] * 3),
        Case({"repeat": 0}),
        Case({"seconds": "x"}, raises="'x' is no number"),
        Case({"days": 10**12}, raises="too far"),
    )

    class Input(BlockInput):
        input_message: Any = Field(
            "timer finished", advanced=False, description="What is emitted when the time is over."
        )
        seconds: int | str = Field(0, advanced=False, description="Seconds to wait.")
        minutes: int | str = Field(0, advanced=False, description="Minutes to wait.")
        hours: int | str = Field(0, advanced=False, description="Hours to wait.")
        days: int | str = Field(0, advanced=False, description="Days to wait.")
        repeat: int = Field(1, description="How many times to wait and emit.")

    class Output(BlockOutput):
        output_message: Any = Field(description="The message.")

    def run(self, data: Input, context: Context) -> Emissions:
        duration = _duration(data)
        emitted = int(context.state.get("emitted", -1))
        if emitted >= 0:  # woken: the time is over
            yield "output_message", data.input_message
            emitted += 1
        if duration > timedelta() and max(emitted, 0) < data.repeat:
            yield _wait(duration, max(emitted, 0))
            return
        for _ in range(max(emitted, 0), data.repeat):
            if context.cancelled():
                return
            yield "output_message", data.input_message


def _wait(duration: timedelta, emitted: int) -> Wait:
    try:
        return Wait(datetime.now(UTC) + duration, {"emitted": emitted})
    except OverflowError:
        raise ValueError("the end of the time is too far away") from None


def _duration(data: CountdownTimerBlock.Input) -> timedelta:
    parts = {unit: _number(getattr(data, unit)) for unit in ("seconds", "minutes", "hours", "days")}
    try:
        return timedelta(**parts)
    except OverflowError:
        raise ValueError("the end of the time is too far away") from None


def _number(value: int | str) -> float:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{str(value)[:100]!r} is no number of anything")
    return number

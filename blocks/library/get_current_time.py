"""Tells the time of day."""

import re

from blocks.library.time_format import PreciseIso8601, TimePattern, default_format
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class GetCurrentTimeBlock(Block):
    """Emits the time of day as text."""

    id = "a892b8d9-3e4e-4e9c-9c1e-75f8efcf1bfa"
    categories = (Category.TEXT,)
    cases = (
        Case({"trigger": "x"}, [("time", re.compile(r"\d\d:\d\d:\d\d").fullmatch)]),
        Case(
            {"trigger": "x", "format_type": {"discriminator": "iso8601", "timezone": "Asia/Kolkata"}},
            [("time", re.compile(r"T\d\d:\d\d:\d\d\+05:30").fullmatch)],
        ),
        Case({"trigger": "x", "format_type": {"discriminator": "strftime", "timezone": "Mars/X"}}, raises="time zone"),
    )

    class Input(BlockInput):
        trigger: str = Field(description="Any text; it starts the block.")
        format_type: TimePattern | PreciseIso8601 = Field(
            default_format("%H:%M:%S"), discriminator="discriminator", description="How the time is written."
        )

    class Output(BlockOutput):
        time: str = Field(description="The time of day.")

    def run(self, data: Input, context: Context) -> Emissions:
        wanted = data.format_type
        now = wanted.now(context)
        if isinstance(wanted, PreciseIso8601):
            yield "time", f"T{now.isoformat(timespec=wanted.timespec).partition('T')[2]}"
        else:
            yield "time", now.strftime(wanted.format)

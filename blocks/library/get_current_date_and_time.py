"""Tells date and time."""

import re

from blocks.library.time_format import DateTimePattern, PreciseIso8601, default_format
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field


class GetCurrentDateAndTimeBlock(Block):
    """Emits the date and the time of day as one text."""

    id = "716a67b3-6760-42e7-86dc-18645c6e00fc"
    categories = (Category.TEXT,)
    cases = (
        Case({"trigger": "x"}, [("date_time", re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").fullmatch)]),
        Case(
            {"trigger": "x", "format_type": {"discriminator": "iso8601", "include_microseconds": True}},
            [("date_time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00").fullmatch)],
        ),
        Case(
            {"trigger": "x", "format_type": {"discriminator": "iso8601", "use_user_timezone": True}},
            [("date_time", re.compile(r".*\+05:30").fullmatch)],
            context=Context(user_timezone="Asia/Kolkata"),
        ),
    )

    class Input(BlockInput):
        trigger: str = Field(description="Any text; it starts the block.")
        format_type: DateTimePattern | PreciseIso8601 = Field(
            default_format("%Y-%m-%d %H:%M:%S"), discriminator="discriminator", description="How it is written."
        )

    class Output(BlockOutput):
        date_time: str = Field(description="Date and time.")

    def run(self, data: Input, context: Context) -> Emissions:
        wanted = data.format_type
        now = wanted.now(context)
        if isinstance(wanted, PreciseIso8601):
            yield "date_time", now.isoformat(timespec=wanted.timespec)
        else:
            yield "date_time", now.strftime(wanted.format)

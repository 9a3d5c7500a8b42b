"""Tells the date."""

import re
from datetime import timedelta
from typing import Any

from blocks.library.time_format import DatePattern, Iso8601, default_format
from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field

_DATE = re.compile(r"\d{4}-\d\d-\d\d").fullmatch


class GetCurrentDateBlock(Block):
    """Emits the date of today, or of some days before or after it, as text."""

    id = "b29c1b50-5d0e-4d9f-8f9d-1b0e6fcbf0b1"
    categories = (Category.TEXT,)
    cases = (
        Case({"trigger": "x"}, [("date", _DATE)]),
        Case({"trigger": "x", "format_type": {"discriminator": "iso8601"}, "offset": "-3"}, [("date", _DATE)]),
        Case(
            {"trigger": "x", "offset": "abc", "format_type": {"discriminator": "strftime", "format": "fixed"}},
            [("date", "fixed")],
        ),
        Case({"trigger": "x", "offset": 10**9}, raises="too far"),
    )

    class Input(BlockInput):
        trigger: str = Field(description="Any text; it starts the block.")
        offset: int | str = Field(0, description="Days to go back; negative numbers go forward.")
        format_type: DatePattern | Iso8601 = Field(
            default_format("%Y-%m-%d"), discriminator="discriminator", description="How the date is written."
        )

    class Output(BlockOutput):
        date: str = Field(description="The date.")

    def run(self, data: Input, context: Context) -> Emissions:
        wanted = data.format_type
        try:
            day = wanted.now(context) - timedelta(days=_whole(data.offset))
        except OverflowError:
            raise ValueError(f"{data.offset} days are too far away") from None
        yield "date", day.date().isoformat() if isinstance(wanted, Iso8601) else day.strftime(wanted.format)


def _whole(offset: Any) -> int:
    try:
        return int(offset)
    except ValueError:
        return 0

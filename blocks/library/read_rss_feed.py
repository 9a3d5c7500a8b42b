"""Reads a feed."""

import calendar
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from blocks.library.send_web_request import with_scheme
from blocks.sdk import (
    AsyncEmissions,
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    Effect,
    Field,
    Wait,
    Workload,
)

MOST_BYTES = 10 * 1024 * 1024
SECONDS = 60


class Entry(BaseModel):
    title: str
    link: str
    description: str
    pub_date: str | None
    author: str
    categories: list[str]


class ReadRSSFeedBlock(Block):
    """Emits the entries of a feed that are newer than a time window, once or again and again."""

    id = "5ebe6768-8e5d-41e3-9134-1c7bd89a8d52"
    categories = (Category.INPUT,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (
        Case(
            {"rss_url": "http://127.0.0.1/", "polling_rate": 0, "run_continuously": False}, raises="no public address"
        ),
    )

    class Input(BlockInput):
        rss_url: str = Field(description="The address of the feed.")
        time_period: int = Field(1440, description="How many minutes before the start entries may be published.")
        polling_rate: int = Field(description="Seconds between two readings.")
        run_continuously: bool = Field(default=True, description="Read it again and again until the run is stopped.")

    class Output(BlockOutput):
        entry: Entry = Field(description="One entry.")
        entries: list[Entry] = Field(description="All of them; perhaps none.")

    async def run(self, data: Input, context: Context) -> AsyncEmissions:
        start = datetime.fromisoformat(context.state.get("start") or datetime.now(UTC).isoformat())
        try:
            since = start - timedelta(minutes=data.time_period)
            again = datetime.now(UTC) + timedelta(seconds=max(data.polling_rate, 1))
        except OverflowError:
            raise ValueError("time_period or polling_rate is longer than any calendar") from None
        found = [entry.model_dump() for entry in _entries(await _fetch(data.rss_url), since)]
        for entry in found:
            yield "entry", entry
        yield "entries", found
        if data.run_continuously and not context.cancelled():
            yield Wait(again, {"start": start.isoformat()})


async def _fetch(url: str) -> bytes:
    """The feed; empty when the server has none: a feed that is away for a while is no reason to end."""
    import httpx

    import outbound

    async with outbound.async_client(outbound.Policy(max_bytes=MOST_BYTES, timeout=SECONDS)) as client:
        try:
            response = await outbound.fetch_async(client, outbound.build(client, "GET", with_scheme(url)))
        except httpx.HTTPError:
            return b""
    return response.content if response.is_success else b""


def _entries(content: bytes, since: datetime) -> Iterator[Entry]:
    import feedparser  # type: ignore[import-untyped] # it has no types

    if not content:
        return
    # a stream: bytes alone would be tried as the name of a file or an address first
    for found in feedparser.parse(io.BytesIO(content), resolve_relative_uris=False).entries:
        published = _time(found)
        # an entry that does not say when it was published may be new
        if published is None or published > since:
            yield Entry(
                title=found.get("title", ""),
                link=found.get("link", ""),
                description=found.get("summary", ""),
                pub_date=None if published is None else published.isoformat().replace("+00:00", "Z"),
                author=found.get("author", ""),
                categories=[tag["term"] for tag in found.get("tags", []) if tag.get("term")],
            )


def _time(found: Any) -> datetime | None:
    told = found.get("published_parsed") or found.get("updated_parsed")
    return None if told is None else datetime.fromtimestamp(calendar.timegm(told), UTC)

"""Reads the text of a web page."""

import asyncio
from typing import Any, Literal

from blocks.library.send_web_request import told, with_scheme
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
    Workload,
)

MOST_BYTES = 10 * 1024 * 1024
SECONDS = 60


class ReadWebPageBlock(Block):
    """Reads a web page and emits its main text, without menus and advertisements. Needs no account."""

    id = "70f5ce33-f1d8-4230-994f-f7e66511e986"
    categories = (Category.SEARCH,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (Case({"url": "http://[::1]/"}, raises="no public address"),)

    class Input(BlockInput):
        url: str = Field(description="The address of the page; without a scheme it is https.")
        format: Literal["text", "markdown"] = Field("text", description="How the text is written.")
        links: bool = Field(default=False, description="Keep the addresses of links (in markdown).")
        raw: bool = Field(default=False, description="Emit the page as it came, whatever it is.")

    class Output(BlockOutput):
        content: str = Field(description="The text.")
        title: str = Field(description="The title, when the page has one.")

    async def run(self, data: Input, context: Context) -> AsyncEmissions:
        url = data.url if "://" in data.url else f"https://{data.url.strip()}"
        response = await _get(with_scheme(url))
        kind = response.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
        if data.raw or kind not in ("text/html", "application/xhtml+xml"):
            if not (data.raw or kind.startswith("text/") or kind == "application/json"):
                raise ValueError(f"{told(url)} is no page but {kind[:60]}: read it as a file")
            yield "content", response.text
            return
        title, content = await asyncio.to_thread(_extract, response.content, data)
        if content is None:
            raise ValueError(f"{told(url)} has no text that could be told from its menus: set raw to read all of it")
        yield "content", content
        if title:
            yield "title", title


async def _get(url: str) -> Any:
    import httpx

    import outbound

    async with outbound.async_client(outbound.Policy(max_bytes=MOST_BYTES, timeout=SECONDS)) as client:
        try:
            return (await outbound.fetch_async(client, outbound.build(client, "GET", url))).raise_for_status()
        except httpx.HTTPStatusError as refused:
            raise ValueError(f"{told(url)} answered {refused.response.status_code}") from None
        except httpx.HTTPError as wrong:
            raise ValueError(f"{told(url)} could not be read: {str(wrong) or type(wrong).__name__}") from None


def _extract(page: bytes, data: ReadWebPageBlock.Input) -> tuple[str | None, str | None]:
    import trafilatura

    found = trafilatura.extract_metadata(page)
    written = trafilatura.extract(
        page,
        output_format="markdown" if data.format == "markdown" else "txt",
        include_links=data.links,
        favor_recall=True,
    )
    return getattr(found, "title", None), written

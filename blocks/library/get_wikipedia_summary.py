"""Reads the summary of a Wikipedia page."""

from urllib.parse import quote

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
from blocks.services import address_of

SECONDS = 30
HOME = "https://en.wikipedia.org/api/rest_v1"


class GetWikipediaSummaryBlock(Block):
    """Emits the summary with which the English Wikipedia's page on a topic begins."""

    id = "f5b0f5d0-1862-4d61-94be-3ad0fa772760"
    categories = (Category.SEARCH,)
    workload = Workload.IO
    effect = Effect.IDEMPOTENT
    cases = (Case({"topic": " "}, raises="the topic is empty"),)

    class Input(BlockInput):
        topic: str = Field(description="The title of the page.")

    class Output(BlockOutput):
        summary: str = Field(description="The summary.")

    async def run(self, data: Input, context: Context) -> AsyncEmissions:
        import httpx

        import outbound

        if not data.topic.strip():
            raise ValueError("the topic is empty")
        url = f"{address_of('wikipedia') or HOME}/page/summary/{quote(data.topic.strip().replace(' ', '_'), safe='')}"
        async with outbound.async_client(outbound.Policy(max_bytes=1024 * 1024, timeout=SECONDS)) as client:
            try:
                answer = await outbound.fetch_async(client, outbound.build(client, "GET", url))
                found = answer.raise_for_status().json()
            except httpx.HTTPStatusError as refused:
                raise ValueError(f"Wikipedia answered {refused.response.status_code} for this topic") from None
            except (httpx.HTTPError, ValueError) as wrong:
                raise ValueError(f"Wikipedia could not be read: {wrong}") from None
        summary = found.get("extract") if isinstance(found, dict) else None
        if not isinstance(summary, str) or not summary:
            raise ValueError("Wikipedia has no summary of this topic")
        yield "summary", summary

"""Writes into a chat."""

from typing import Any, Literal

from blocks.library.send_web_request import told
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

SECONDS = 30
# What services cut off, or refuse.
_LONGEST = {"slack": 40_000, "discord": 2000, "teams": 28_000}


class PostToChatBlock(Block):
    """Writes a message into Slack, Discord or Microsoft Teams, by an incoming webhook of the channel."""

    id = "972d050a-5f9f-4030-aba9-20486fc3624e"
    categories = (Category.COMMUNICATION,)
    workload = Workload.IO
    effect = Effect.AT_MOST_ONCE
    cases = (
        Case({"service": "slack", "webhook_url": "http://127.0.0.1/x", "text": "hi"}, raises="no public address"),
        Case({"service": "discord", "webhook_url": "http://127.0.0.1/", "text": " "}, raises="the text is empty"),
    )

    class Input(BlockInput):
        service: Literal["slack", "discord", "teams"] = Field(description="Whose chat it is.")
        webhook_url: str = Field(description="The address that the channel gave.", secret=True)
        text: str = Field(description="The message.")
        sender: str = Field("", description="The name under which it appears, where the service allows it.")

    class Output(BlockOutput):
        status: str = Field(description="That it was taken.")

    async def run(self, data: Input, context: Context) -> AsyncEmissions:
        import httpx

        import outbound

        if not data.text.strip():
            raise ValueError("the text is empty")
        async with outbound.async_client(outbound.Policy(max_bytes=1024 * 1024, timeout=SECONDS)) as client:
            request = outbound.build(client, "POST", data.webhook_url.strip(), json=_message(data))
            try:
                answer = await client.send(request)
            except httpx.HTTPError as wrong:
                raise ValueError(f"{_place(data)} was not reached: {str(wrong) or type(wrong).__name__}") from None
        if not answer.is_success:
            raise ValueError(f"{_place(data)} did not take the message: {answer.status_code} {answer.text[:200]}")
        yield "status", "sent"


def _place(data: PostToChatBlock.Input) -> str:
    """Host alone: whoever knows the path of a webhook can write, too."""
    return f"{data.service} at {told(data.webhook_url).split('/')[2]}"


def _message(data: PostToChatBlock.Input) -> dict[str, Any]:
    text = data.text[: _LONGEST[data.service]]
    if data.service == "discord":
        # a text of a graph calls nobody
        return {"content": text, "allowed_mentions": {"parse": []}} | _named(data)
    if data.service == "slack":
        return {"text": text} | _named(data)
    card = {
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{"type": "TextBlock", "text": text, "wrap": True}],
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _named(data: PostToChatBlock.Input) -> dict[str, str]:
    return {"username": data.sender} if data.sender else {}

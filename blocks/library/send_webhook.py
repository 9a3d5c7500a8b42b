"""Calls a webhook."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from blocks.library.send_web_request import content_of, told
from blocks.sdk import (
    APIKey,
    AsyncEmissions,
    Block,
    BlockInput,
    BlockOutput,
    Case,
    Category,
    Context,
    Credentials,
    CredentialsReference,
    Effect,
    Field,
    Workload,
)

SECONDS = 30
MOST_BYTES = 1024 * 1024


class SendWebhookBlock(Block):
    """Sends JSON to a webhook, signed so that its receiver knows who sent it (Standard Webhooks)."""

    id = "b7385544-d5bf-4ac7-87d3-6fc091b1f50a"
    categories = (Category.OUTPUT,)
    workload = Workload.IO
    # the receiver knows a repeated call by its webhook-id
    effect = Effect.IDEMPOTENT
    cases = (Case({"url": "http://127.0.0.1/x", "payload": {}}, raises="no public address"),)

    class Input(BlockInput):
        url: str = Field(description="The address of the webhook.")
        payload: Any = Field(description="What is sent, as JSON.")
        credentials: CredentialsReference | None = Credentials(
            providers=["webhook"], types=["api_key"], optional=True, description="The secret that signs what is sent."
        )

    class Output(BlockOutput):
        response: Any = Field(description="What the receiver answered.")
        status_code: int = Field(description="Its status.")

    async def run(self, data: Input, context: Context, *, credentials: APIKey | None) -> AsyncEmissions:
        import httpx

        import outbound

        body = json.dumps(data.payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
        headers = {"content-type": "application/json", "webhook-id": context.idempotency_key or "test"}
        headers["webhook-timestamp"] = str(int(time.time()))
        if credentials is not None:
            secret = credentials.api_key.get_secret_value()
            headers["webhook-signature"] = signature(secret, headers, body)
        async with outbound.async_client(outbound.Policy(max_bytes=MOST_BYTES, timeout=SECONDS)) as client:
            request = outbound.build(client, "POST", data.url.strip(), content=body, headers=headers)
            try:
                answer = await client.send(request)
            except httpx.HTTPError as wrong:
                raise ValueError(f"{told(data.url)} was not reached: {str(wrong) or type(wrong).__name__}") from None
        if not answer.is_success:
            raise ValueError(f"{told(data.url)} answered {answer.status_code}: {answer.text[:200]}")
        yield "response", content_of(answer)
        yield "status_code", answer.status_code


def signature(secret: str, headers: dict[str, str], body: bytes) -> str:
    """As standardwebhooks.com has it; a secret that is no base64 is taken as it is."""
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text, validate=True) if secret.startswith("whsec_") else secret.encode()
    except ValueError:
        raise ValueError("the secret starts with whsec_, and what follows is no base64") from None
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"

"""Sends one HTTP request."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

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
from blocks.sdk.files import StoredFile, store

if TYPE_CHECKING:
    import httpx

Method = Literal["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]
SECONDS = 120
MOST_BYTES = 16 * 1024 * 1024


class SendWebRequestBlock(Block):
    """Sends one HTTP request (JSON, form or files) and sorts the answer by its status."""

    id = "6595ae1f-b924-42cb-9a41-551a0611c4b4"
    categories = (Category.OUTPUT,)
    workload = Workload.IO
    effect = Effect.AT_MOST_ONCE
    cases = (
        Case({"url": "http://127.0.0.1/", "method": "GET"}, raises="no public address"),
        Case({"url": "ftp://example.org/"}, raises="only http and https"),
        Case({"url": "http://user:pw@example.org/"}, raises="user name or password"),
    )

    class Input(BlockInput):
        url: str = Field(description="Where to; without a scheme it is http.")
        method: Method = Field("POST", description="What to do.")
        headers: dict[str, str] = Field({}, description="Headers of the request.")
        json_format: bool = Field(default=True, description="Send the body as JSON; otherwise as a form.")
        body: dict[str, Any] | None = Field(None, description="What is sent.")
        files_name: str = Field("file", description="The name of the form's field for files.")
        files: list[str] = Field([], description="Files to send: addresses, data URIs, names of files of the run.")

    class Output(BlockOutput):
        response: Any = Field(description="The answer, when the request succeeded (2xx).")
        client_error: Any = Field(description="The answer, when the server refused the request (4xx).")
        server_error: Any = Field(description="The answer in all other cases.")

    async def run(self, data: Input, context: Context) -> AsyncEmissions:
        async for name, value in exchange(data, context, {}):
            yield name, value


async def exchange(
    data: SendWebRequestBlock.Input, context: Context, secrets: Mapping[str, str]
) -> AsyncIterator[tuple[str, Any]]:
    """Send the request and say how the answer is to be emitted; `secrets` are headers for the first host alone."""
    import httpx

    import outbound

    url = with_scheme(data.url)
    own = {name.lower() for name in data.headers}
    headers = {name: value for name, value in secrets.items() if name.lower() not in own} | data.headers
    files = [await asyncio.to_thread(store, reference, context.files) for reference in data.files]
    async with outbound.async_client(outbound.Policy(max_bytes=MOST_BYTES, timeout=SECONDS)) as client:
        try:
            request = outbound.build(client, data.method, url, headers=headers, **_body(data, files))
            if "content-type" not in request.headers:
                _name_content(request, data)
            response = await outbound.fetch_async(client, request, secret=frozenset(secrets))
        except httpx.HTTPError as wrong:
            raise ValueError(f"{data.method} {told(url)} failed: {str(wrong) or type(wrong).__name__}") from None
    yield _output(response.status_code), content_of(response)


def with_scheme(url: str) -> str:
    """The address with http:// where it says nothing."""
    url = url.strip()
    return url if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(//|(?!\d))", url) else f"http://{url}"


def told(url: str) -> str:
    """The address in a message: without its query, in which there may be keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _body(data: SendWebRequestBlock.Input, files: list[StoredFile]) -> dict[str, Any]:
    if files and data.json_format:
        raise ValueError("files cannot be sent as JSON: set json_format to false")
    if files:
        parts = [(data.files_name, (file.name, (file.folder / file.name).read_bytes(), file.mime)) for file in files]
        return {"files": parts, "data": _fields(data.body)}
    if data.body is None:
        return {}
    if data.json_format:
        return {"content": json.dumps(data.body).encode()}
    return {"data": _fields(data.body)}


def _name_content(request: "httpx.Request", data: SendWebRequestBlock.Input) -> None:
    if data.body is not None:
        request.headers["content-type"] = "application/json"
    elif data.method not in ("GET", "HEAD", "OPTIONS"):
        request.headers["content-type"] = "application/octet-stream"


def _fields(body: dict[str, Any] | None) -> dict[str, str]:
    """The entries of a form: texts as they are, everything else as JSON."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in (body or {}).items()}


def _output(status: int) -> str:
    if 200 <= status < 300:
        return "response"
    return "client_error" if 400 <= status < 500 else "server_error"


def content_of(response: "httpx.Response") -> Any:
    """JSON when the answer says that it is exactly that, otherwise its text."""
    if response.headers.get("content-type", "").startswith("application/json"):
        if response.status_code == 204:
            return None
        try:
            return json.loads(response.content)
        except ValueError as wrong:
            raise ValueError(f"the answer of {told(str(response.url))} is no JSON, as it says it is: {wrong}") from None
    return text_of(response)


def text_of(response: "httpx.Response") -> str:
    try:
        return response.content.decode(response.charset_encoding or "utf-8", "replace")
    except LookupError:  # a charset that nobody knows
        return response.content.decode("utf-8", "replace")

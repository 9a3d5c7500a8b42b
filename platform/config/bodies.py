"""Refuses request bodies that are too large before they are written anywhere."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from django.conf import settings

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


UPLOADS: Final = "/v1/files/upload"
WRAPPING: Final = 64 * 1024  # what a form puts around a file


class TooLarge(Exception):
    pass


class LimitedBodies:
    """Django checks the size of forms only; the API reads JSON straight from the stream. Uploads have a limit of
    their own, and Django keeps what is large of them in a file."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self.largest: int = settings.UPLOAD_BYTES + WRAPPING

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        limit = self.largest if scope["path"] == UPLOADS else self.limit
        if _announced(scope) > limit:
            await self._refuse(send, limit)
        else:
            await self._count(scope, receive, send, limit)

    async def _count(self, scope: MutableMapping[str, Any], receive: Receive, send: Send, limit: int) -> None:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge
            return message

        try:
            await self.application(scope, counted, send)
        except TooLarge:  # raised while the body was read, so nothing has been answered yet
            await self._refuse(send, limit)

    async def _refuse(self, send: Send, limit: int) -> None:
        text = f"The request is larger than {limit} bytes."
        variable = "PETIOLE_MAX_REQUEST_BYTES" if limit == self.limit else "PETIOLE_UPLOAD_BYTES"
        content = json.dumps({"message": text, "detail": text, "hint": f"{variable} is the limit."}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(content)),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def _announced(scope: MutableMapping[str, Any]) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0

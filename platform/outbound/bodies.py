"""Answers are unpacked here, piece by piece, so that a small one cannot grow beyond its limit in memory."""

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

from outbound.policy import TooLarge

ACCEPTED = "gzip, deflate"


class Unpacker:
    """Bytes as they came to bytes as they are meant, at most `most` of them."""

    def __init__(self, encoding: str, most: int) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise TooLarge(f"the answer is packed as {encoding[:60]!r}, which cannot be unpacked within limits")
        self._most, self._left = most, most
        # 32 + 15: gzip or zlib, whichever the header says
        self._packed = None if encoding in ("", "identity") else zlib.decompressobj(47)

    def unpack(self, piece: bytes) -> bytes:
        if self._packed is not None:
            try:
                piece = self._packed.decompress(piece, self._left + 1)
            except zlib.error as wrong:
                raise httpx.DecodingError(f"the answer is not packed as it says: {wrong}") from None
        if len(piece) > self._left:
            raise TooLarge(f"the answer is larger than {self._most:,} bytes")
        self._left -= len(piece)
        return piece


class Body(httpx.SyncByteStream):
    def __init__(self, inner: httpx.SyncByteStream, unpacker: Unpacker) -> None:
        self._inner, self._unpacker = inner, unpacker

    def __iter__(self) -> Iterator[bytes]:
        yield from map(self._unpacker.unpack, self._inner)

    def close(self) -> None:
        self._inner.close()


class AsyncBody(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, unpacker: Unpacker) -> None:
        self._inner, self._unpacker = inner, unpacker

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            yield self._unpacker.unpack(piece)

    async def aclose(self) -> None:
        await self._inner.aclose()


def limited(response: httpx.Response, most: int) -> httpx.Response:
    """The same answer, unpacked and limited."""
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most and response.extensions.get("method") != b"HEAD":
        raise TooLarge(f"the answer is larger than {most:,} bytes: it says {int(declared):,}")
    encoding = ", ".join(response.headers.get_list("content-encoding")).strip().lower()
    unpacker = Unpacker(encoding, most)
    headers = [(name, value) for name, value in response.headers.raw if _kept(name.lower(), packed=bool(encoding))]
    stream: httpx.SyncByteStream | httpx.AsyncByteStream
    if isinstance(response.stream, httpx.AsyncByteStream):
        stream = AsyncBody(response.stream, unpacker)
    else:
        stream = Body(response.stream, unpacker)
    return httpx.Response(response.status_code, headers=headers, stream=stream, extensions=response.extensions)


def _kept(name: bytes, *, packed: bool) -> bool:
    return name != b"content-encoding" and not (packed and name == b"content-length")

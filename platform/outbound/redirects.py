"""Follows redirects, and says to the next host only what it may know."""

import re

import httpx

from outbound.clients import check_url
from outbound.policy import Blocked

MOST = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OF_ONE_REQUEST = frozenset({"host", "cookie", "content-length", "transfer-encoding"})
_SECRET = re.compile(r"auth|cookie|token|key|secret|password|passwd|session|signature|credential", re.IGNORECASE)


class Trail:
    """The requests of one fetch, one after the other."""

    def __init__(self, first: httpx.Request, secret: frozenset[str]) -> None:
        self.request, self._body = first, first.read()
        self._hidden = {name.lower() for name in secret}
        self._left = MOST

    def follow(self, response: httpx.Response) -> bool:
        """Make the next request out of the answer; False when the answer is the last one."""
        if response.status_code not in _REDIRECTS or "location" not in response.headers:
            return False
        if not self._left:
            raise Blocked(f"the address leads to more than {MOST} others")
        self._left -= 1
        self.request = _next(self.request, response.headers["location"], self._body, self._hidden)
        return True


def fetch(client: httpx.Client, request: httpx.Request, secret: frozenset[str]) -> httpx.Response:
    """The last answer, read as a whole. A host that a redirect leads to gets no secrets of the first one."""
    trail = Trail(request, secret)
    response = client.send(request, follow_redirects=False)
    while trail.follow(response):
        response = client.send(trail.request, follow_redirects=False)
    return response


async def fetch_async(client: httpx.AsyncClient, request: httpx.Request, secret: frozenset[str]) -> httpx.Response:
    trail = Trail(request, secret)
    response = await client.send(request, follow_redirects=False)
    while trail.follow(response):
        response = await client.send(trail.request, follow_redirects=False)
    return response


def _next(request: httpx.Request, location: str, body: bytes, hidden: set[str]) -> httpx.Request:
    try:
        url = request.url.join(location)
    except (httpx.InvalidURL, ValueError) as wrong:
        raise Blocked(f"a redirect leads to {location[:200]!r}, which is no address: {wrong}") from None
    check_url(url)
    headers = httpx.Headers([pair for pair in request.headers.multi_items() if pair[0] not in _OF_ONE_REQUEST])
    if "cookie" in request.headers and _origin(url) == _origin(request.url):
        headers["cookie"] = request.headers["cookie"]
    if _origin(url) != _origin(request.url):
        for name in {name for name in headers if name in hidden or _SECRET.search(name)}:
            del headers[name]
    return httpx.Request(request.method, url, headers=headers, content=body, extensions=request.extensions)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}[url.scheme]

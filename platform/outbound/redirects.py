"""Follows redirects, and says to the next host only what it may know."""

import re

import httpx

from outbound.clients import check_url
from outbound.policy import Blocked

MOST = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECRET = re.compile(r"auth|cookie|token|key|secret|password|passwd|session|signature|credential", re.IGNORECASE)


def fetch(client: httpx.Client, request: httpx.Request, secret: frozenset[str]) -> httpx.Response:
    """The last answer, read as a whole. A host that a redirect leads to gets no secrets of the first one."""
    hidden = {name.lower() for name in secret}
    body = request.read()
    for _ in range(MOST + 1):
        response = client.send(request, follow_redirects=False)
        if response.status_code not in _REDIRECTS or "location" not in response.headers:
            return response
        request = _next(client, request, response.headers["location"], body, hidden)
    raise Blocked(f"the address leads to more than {MOST} others")


def _next(client: httpx.Client, request: httpx.Request, location: str, body: bytes, hidden: set[str]) -> httpx.Request:
    try:
        url = request.url.join(location)
    except (httpx.InvalidURL, ValueError) as wrong:
        raise Blocked(f"a redirect leads to {location[:200]!r}, which is no address: {wrong}") from None
    check_url(url)
    headers = httpx.Headers([pair for pair in request.headers.multi_items() if pair[0] not in ("host", "cookie")])
    if "cookie" in request.headers and _origin(url) == _origin(request.url):
        headers["cookie"] = request.headers["cookie"]
    if _origin(url) != _origin(request.url):
        for name in {name for name in headers if name in hidden or _SECRET.search(name)}:
            del headers[name]
    return client.build_request(request.method, url, headers=headers, content=body, extensions=request.extensions)


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}[url.scheme]

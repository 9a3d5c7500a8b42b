"""httpx clients over guarded connections."""

import ssl
from functools import cache
from typing import Any

import httpcore
import httpx

from outbound.backends import AsyncGuard, Guard
from outbound.bodies import ACCEPTED, limited
from outbound.deadlines import Until, limits
from outbound.policy import Blocked, Policy

_HEADERS = {"User-Agent": "Petiole", "Accept-Encoding": ACCEPTED}
_CONNECTIONS = 20


class Transport(httpx.HTTPTransport):
    def __init__(self, policy: Policy, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        self._policy = policy
        # httpx has no argument for what makes its connections
        self._pool = httpcore.ConnectionPool(context, max_connections=_CONNECTIONS, network_backend=Guard(policy))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _prepare(request, self._policy)
        response = super().handle_request(request)
        try:
            return limited(response, self._policy.max_bytes if request.method != "HEAD" else 1 << 62)
        except BaseException:
            response.close()
            raise


class AsyncTransport(httpx.AsyncHTTPTransport):
    def __init__(self, policy: Policy, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        self._policy = policy
        self._pool = httpcore.AsyncConnectionPool(
            context, max_connections=_CONNECTIONS, network_backend=AsyncGuard(policy)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        _prepare(request, self._policy)
        response = await super().handle_async_request(request)
        try:
            return limited(response, self._policy.max_bytes if request.method != "HEAD" else 1 << 62)
        except BaseException:
            await response.aclose()
            raise


def _prepare(request: httpx.Request, policy: Policy) -> None:
    check_url(request.url)
    # a redirect goes on with the time that is left of its first request
    if not isinstance(request.extensions.get("timeout", {}).get("read"), Until):
        request.extensions = {**request.extensions, "timeout": limits(policy.timeout, policy.connect_timeout)}


def check_url(url: httpx.URL) -> None:
    """Blocked when the address is none that is asked for here."""
    if url.scheme not in ("http", "https"):
        raise Blocked(f"only http and https addresses are reached, not {url.scheme or 'one without a scheme'}")
    if not url.host:
        raise Blocked("the address names no host")
    if url.userinfo:
        raise Blocked("the address contains a user name or password: send them as an Authorization header instead")
    if url.port == 0 or "%" in url.host:
        raise Blocked(f"{url.host}:{url.port} is no address that can be reached")


@cache
def _tls() -> ssl.SSLContext:
    """Read once: it takes longer than many a request. SSL_CERT_FILE names the certificates of a company."""
    return httpx.create_ssl_context()


def client(policy: Policy) -> httpx.Client:
    # no environment: a proxy would connect in our place, unguarded
    transport = Transport(policy, _tls())
    return httpx.Client(transport=transport, trust_env=False, headers=_HEADERS, timeout=policy.timeout)


def async_client(policy: Policy) -> httpx.AsyncClient:
    transport = AsyncTransport(policy, _tls())
    return httpx.AsyncClient(transport=transport, trust_env=False, headers=_HEADERS, timeout=policy.timeout)


def build(client: httpx.Client | httpx.AsyncClient, method: str, url: str, options: dict[str, Any]) -> httpx.Request:
    try:
        request = client.build_request(method, url, **options)
    except (httpx.InvalidURL, UnicodeError) as wrong:
        raise Blocked(f"no request can be made to {url[:200]!r}: {wrong}") from None
    check_url(request.url)
    return request

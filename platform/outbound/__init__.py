"""The only way out: HTTP to public addresses, and to what the operator allows. Pure: no Django, knows nobody.

`client(policy)` and `async_client(policy)` are httpx clients that refuse everything else; `fetch` follows redirects
without telling one host what is meant for another.
"""

from typing import TYPE_CHECKING, Any

from outbound.policy import Blocked, Policy, TooLarge, allowed, allowing, configure

if TYPE_CHECKING:
    import httpx

__all__ = [
    "Blocked",
    "Policy",
    "TooLarge",
    "allowed",
    "allowing",
    "async_client",
    "build",
    "client",
    "configure",
    "fetch",
    "fetch_async",
    "vetted",
]


def client(policy: Policy | None = None) -> "httpx.Client":
    """A client whose every connection is held against `policy`. It follows no redirects by itself: see `fetch`."""
    from outbound import clients

    return clients.client(policy or Policy())


def async_client(policy: Policy | None = None) -> "httpx.AsyncClient":
    from outbound import clients

    return clients.async_client(policy or Policy())


def build(client: "httpx.Client | httpx.AsyncClient", method: str, url: str, **options: Any) -> "httpx.Request":
    """The request; Blocked when `url` is no address at all."""
    from outbound import clients

    return clients.build(client, method, url, options)


def fetch(
    client: "httpx.Client", request: "httpx.Request", *, secret: frozenset[str] = frozenset()
) -> "httpx.Response":
    """Send and read, following redirects with the same method and body; `secret` names headers of the first host."""
    from outbound import redirects

    return redirects.fetch(client, request, secret)


async def fetch_async(
    client: "httpx.AsyncClient", request: "httpx.Request", *, secret: frozenset[str] = frozenset()
) -> "httpx.Response":
    from outbound import redirects

    return await redirects.fetch_async(client, request, secret)


def vetted(host: str, port: int, timeout: float) -> list[str]:
    """Addresses of a host that speaks another protocol; Blocked unless they are public or allowed. Connect to one of
    these, not to the name."""
    from outbound import resolving
    from outbound.addresses import check

    return check(host, port, resolving.found(host, port, timeout), allowed(), any_port=True)

"""Time, size, names that change their mind, redirects."""

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import outbound
from outbound.policy import Blocked, Policy, TooLarge
from tests.outbound.servers import Answer, Asked, Server, serving

HERE = ("127.0.0.1",)


def ask(url: str, policy: Policy | None = None, **options: Any) -> httpx.Response:
    with outbound.client(policy or Policy(allow_private=HERE)) as client:
        return outbound.fetch(client, client.build_request(options.pop("method", "GET"), url, **options))


class Resolver:
    """Stands in for the system's resolver: names of tests lead where the test says, one answer after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **names: list[str]) -> None:
        self.asked: list[str] = []
        real = socket.getaddrinfo

        def getaddrinfo(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if name not in names:
                return real(host, port, *rest, **named)
            self.asked.append(name)
            answers = names[name]
            address = answers.pop(0) if len(answers) > 1 else answers[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_name_is_resolved_once_and_its_checked_address_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the second answer would be another address."""
    with serving(lambda _asked: Answer(body=b"first")) as server:
        resolver = Resolver(monkeypatch, rebinds=["127.0.0.1", "127.0.0.2"])
        policy = Policy(allow_private=("127.0.0.1",))
        assert ask(f"http://rebinds:{server.port}/", policy).text == "first"
        assert resolver.asked == ["rebinds"]
        assert server.asked[0].headers["host"] == f"rebinds:{server.port}"
        with pytest.raises(Blocked):
            ask(f"http://rebinds:{server.port}/", policy)


def _redirect(to: str, status: int = 302) -> Answer:
    return Answer(status, {"location": to})


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.2/",
        "http://2130706434/",
        "http://169.254.169.254/latest/",
        "//[::1]/",
        "file:///etc/passwd",
        "http://user:password@127.0.0.1/",
        "http://[bad/",
        "http:///",
    ],
)
def test_a_redirect_is_checked_as_the_first_address_is(to: str) -> None:
    with serving(lambda _asked: _redirect(to)) as server, pytest.raises(Blocked):
        ask(server.url)


def test_redirects_end() -> None:
    with serving(lambda _asked: _redirect("/again")) as server, pytest.raises(Blocked, match="more than 10 others"):
        ask(server.url)
    assert len(server.asked) == 11


SECRETS = {
    "Authorization": "Bearer x",
    "Proxy-Authorization": "Basic x",
    "Cookie": "a=b",
    "X-Api-Key": "x",
    "X-Session": "x",
    "X-Vault": "x",
}


def _two_hosts(monkeypatch: pytest.MonkeyPatch, first: str, second: str) -> Server:
    Resolver(monkeypatch, first=["127.0.0.1"], second=["127.0.0.1"])

    def answer(asked: Asked) -> Answer:
        port = asked.headers["host"].rpartition(":")[2]
        return Answer(body=b"end") if asked.path == "/end" else _redirect(f"http://{second}:{port}/end", 307)

    with serving(answer) as server:
        response = ask(
            f"http://{first}:{server.port}/",
            method="POST",
            content=b"body",
            headers=SECRETS | {"X-Plain": "1"},
        )
        assert response.text == "end"
    return server


def test_another_host_gets_the_body_and_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    last = _two_hosts(monkeypatch, "first", "second").asked[-1]
    assert (last.method, last.body, last.headers["x-plain"]) == ("POST", b"body", "1")
    assert last.headers["host"].startswith("second:")
    assert [name for name in SECRETS if name.lower() in last.headers] == ["X-Vault"]


def test_the_same_host_gets_everything_again(monkeypatch: pytest.MonkeyPatch) -> None:
    last = _two_hosts(monkeypatch, "first", "first").asked[-1]
    assert all(last.headers[name.lower()] == value for name, value in SECRETS.items())


def test_headers_that_the_caller_calls_secret_stay_with_the_first_host(monkeypatch: pytest.MonkeyPatch) -> None:
    Resolver(monkeypatch, second=["127.0.0.1"])
    with (
        serving(lambda _asked: Answer()) as second,
        serving(lambda _asked: _redirect(f"http://second:{second.port}/")) as first,
        outbound.client(Policy(allow_private=HERE)) as client,
    ):
        request = client.build_request("GET", first.url, headers={"X-Vault": "x"})
        outbound.fetch(client, request, secret=frozenset({"X-Vault"}))
    assert "x-vault" in first.asked[0].headers
    assert "x-vault" not in second.asked[0].headers


def _drip() -> Iterator[bytes]:
    while True:
        yield b"x"
        time.sleep(0.05)


def test_an_answer_that_drips_ends_at_the_deadline() -> None:
    with serving(lambda _asked: Answer(pieces=_drip)) as server:
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            ask(server.url, Policy(allow_private=HERE, timeout=0.5))
        assert time.monotonic() - began < 3


def test_redirects_share_one_deadline() -> None:
    def slowly(_asked: Asked) -> Answer:
        time.sleep(0.2)
        return _redirect("/again")

    with serving(slowly) as server, pytest.raises(httpx.ReadTimeout):
        ask(server.url, Policy(allow_private=HERE, timeout=0.5))
    assert len(server.asked) < 5


def test_a_name_that_is_not_resolved_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()

    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        given_up.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(httpx.ConnectTimeout, match="not resolved in time"):
        ask("http://slow.example/", Policy(timeout=0.2))
    given_up.set()


@pytest.mark.parametrize("headers", [{}, {"content-length": "2000000"}])
def test_an_answer_has_a_largest_size(headers: dict[str, str]) -> None:
    answer = Answer(headers=headers, body=b"x" * 2_000_000)
    with serving(lambda _asked: answer) as server, pytest.raises(TooLarge, match="larger than 1,000,000 bytes"):
        ask(server.url, Policy(allow_private=HERE, max_bytes=1_000_000))


def test_a_small_answer_cannot_grow_when_it_is_unpacked() -> None:
    answer = Answer(headers={"content-encoding": "gzip"}, body=gzip.compress(b"\0" * 20_000_000))
    with serving(lambda _asked: answer) as server, pytest.raises(TooLarge):
        ask(server.url, Policy(allow_private=HERE, max_bytes=1_000_000))


def test_packed_answers_are_unpacked() -> None:
    answer = Answer(headers={"content-encoding": "gzip"}, body=gzip.compress(b"text" * 1000))
    with serving(lambda _asked: answer) as server:
        assert ask(server.url).text == "text" * 1000


def test_answers_that_are_packed_twice_are_refused() -> None:
    answer = Answer(headers={"content-encoding": "gzip, gzip"}, body=gzip.compress(gzip.compress(b"x")))
    with serving(lambda _asked: answer) as server, pytest.raises(TooLarge, match="packed as"):
        ask(server.url)


def test_no_proxy_of_the_environment_connects_in_our_place(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _asked: Answer(body=b"proxy")) as proxy, serving(lambda _asked: Answer(body=b"x")) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert ask(server.url).text == "x"
        assert proxy.asked == []


def test_the_async_client_is_guarded_alike() -> None:
    async def get(url: str, policy: Policy) -> str:
        async with outbound.async_client(policy) as client:
            return (await client.get(url)).text

    with serving(lambda _asked: Answer(body=b"y" * 100)) as server:
        assert asyncio.run(get(server.url, Policy(allow_private=HERE))) == "y" * 100
        with pytest.raises(Blocked):
            asyncio.run(get(server.url, Policy()))
        with pytest.raises(TooLarge):
            asyncio.run(get(server.url, Policy(allow_private=HERE, max_bytes=10)))
    with serving(lambda _asked: Answer(pieces=_drip)) as server, pytest.raises(httpx.ReadTimeout):
        asyncio.run(get(server.url, Policy(allow_private=HERE, timeout=0.4)))

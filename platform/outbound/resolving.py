"""Asks for a host's addresses, within a time."""

import asyncio
import socket
import threading
from typing import Any

import httpcore

from outbound.policy import Blocked


def resolve(host: str, port: int, timeout: float | None) -> list[str]:
    """The addresses of `host`. The system's resolver knows no time limit: it is left behind in a thread of its own."""
    answers: list[Any] = []
    failures: list[Exception] = []

    def ask() -> None:
        try:
            answers.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as wrong:
            failures.append(wrong)

    asking = threading.Thread(target=ask, name="resolver", daemon=True)
    asking.start()
    asking.join(timeout)
    if failures:
        raise _failure(host, failures[0])
    if not answers:
        raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time")
    return _unique(answers)


def found(host: str, port: int, timeout: float) -> list[str]:
    """As `resolve`, for callers who know nothing of HTTP."""
    try:
        return resolve(host, port, timeout)
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as wrong:
        raise Blocked(str(wrong)) from None


async def resolve_async(host: str, port: int, timeout: float | None) -> list[str]:  # noqa: ASYNC109 - as its twin
    try:
        async with asyncio.timeout(timeout):
            answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time") from None
    except (OSError, UnicodeError) as wrong:
        raise _failure(host, wrong) from None
    return _unique(answers)


def _failure(host: str, wrong: Exception) -> Exception:
    if isinstance(wrong, UnicodeError):
        return Blocked(f"{host[:200]!r} is no name of a host")
    return httpcore.ConnectError(f"the name {host} cannot be resolved: {wrong}")


def _unique(answers: list[Any]) -> list[str]:
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))

"""From where something is done: the request that this thread works on, or the command that this process is."""

import getpass
import socket
import sys
from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

_REQUEST: Final[ContextVar[HttpRequest | None]] = ContextVar("audit_request", default=None)


@sync_and_async_middleware
def remembered(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware: whoever records something while a request is answered need not be given it."""
    if not iscoroutinefunction(get_response):

        def answer(request: HttpRequest) -> Any:
            token = _REQUEST.set(request)
            try:
                return get_response(request)
            finally:
                _REQUEST.reset(token)

        return answer

    async def answer_later(request: HttpRequest) -> Any:
        token = _REQUEST.set(request)
        try:
            return await get_response(request)
        finally:
            _REQUEST.reset(token)

    return answer_later


def user() -> Any:
    """Who sends the request; None without a request, and for somebody unknown."""
    found = getattr(_REQUEST.get(), "user", None)
    return found if getattr(found, "is_authenticated", False) else None


def name() -> str:
    """Who acts where no user does."""
    return "(unknown)" if _REQUEST.get() is not None else _account()


def place() -> str:
    request = _REQUEST.get()
    # what the server believes of a proxy's headers it has put there itself
    return _command() if request is None else str(request.META.get("REMOTE_ADDR") or "(local)")


@lru_cache(maxsize=1)
def _account() -> str:
    try:
        return f"system account {getpass.getuser()}"
    except (KeyError, OSError):  # a container may run as a number without a name
        return "system account"


@lru_cache(maxsize=1)
def _command() -> str:
    """Host, program and sub-command: further words may hold secrets."""
    program = Path(sys.argv[0]).name
    words = [word for word in sys.argv[1:2] if not word.startswith("-")]
    return " ".join([f"{socket.gethostname()}:", program, *words])

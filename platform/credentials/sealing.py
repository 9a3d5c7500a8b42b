"""Secrets at rest: encrypted with the first of PETIOLE_ENCRYPTION_KEYS, opened with any of them.

What is sealed names the row and the owner that it belongs to, so that nobody who can write to the database opens a
secret by copying it into a row of their own."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from credentials.errors import NoKeys, Unreadable

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def seal(values: Mapping[str, Any], *, belongs_to: tuple[object, ...]) -> str:
    content = {"of": [str(part) for part in belongs_to], "values": values}
    return _box().encrypt(json.dumps(content).encode()).decode()


def unseal(sealed: str, *, belongs_to: tuple[object, ...]) -> dict[str, Any]:
    """Raises Unreadable when no key opens it, or when it belongs to another row."""
    from cryptography.fernet import InvalidToken

    try:
        content = json.loads(_box().decrypt(sealed.encode()))
    except (InvalidToken, ValueError):
        raise Unreadable(belongs_to[-1]) from None
    if content["of"] != [str(part) for part in belongs_to]:
        raise Unreadable(belongs_to[-1])
    values: dict[str, Any] = content["values"]
    return values


def rotated(sealed: str) -> str:
    """The same, encrypted with the first key. Raises InvalidToken when no key opens it."""
    return _box().rotate(sealed.encode()).decode()


def _box() -> "MultiFernet":
    if not settings.ENCRYPTION_KEYS:
        raise NoKeys
    return _made(tuple(settings.ENCRYPTION_KEYS))


@lru_cache(maxsize=4)
def _made(keys: tuple[str, ...]) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # commands that seal nothing do not pay for it

    return MultiFernet([Fernet(key) for key in keys])

"""Typed reads of environment variables. A bad value stops the start with a sentence that names the variable."""

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

_REQUIRED: Final[Any] = object()
# What has been read, with its default: a test compares it with docs/settings.md.
KNOWN: dict[str, Any] = {}


def read(name: str, parse: Callable[[str], T], *, default: T = _REQUIRED) -> T:
    """The value of `name`, parsed; `default` when it is unset or blank."""
    KNOWN[name] = "required" if default is _REQUIRED else default
    text = os.environ.get(name, "").strip()
    if not text:
        if default is _REQUIRED:
            raise ImproperlyConfigured(f"{name} is not set, and there is no default for it.")
        return default
    try:
        return parse(text)
    except ValueError as wrong:
        raise ImproperlyConfigured(f"{name}={_shown(name, text)}: {wrong}") from None


def boolean(text: str) -> bool:
    if text.lower() in {"true", "1", "on", "yes"}:
        return True
    if text.lower() in {"false", "0", "off", "no"}:
        return False
    raise ValueError("use true or false")


def whole(*, least: int = 0, most: int | None = None) -> Callable[[str], int]:
    """A whole number between `least` and `most`, both included."""

    def parse(text: str) -> int:
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        try:
            number = int(text)
        except ValueError:
            raise ValueError(f"use a whole number, {bounds}") from None
        if number < least or (most is not None and number > most):
            raise ValueError(f"use a whole number, {bounds}")
        return number

    return parse


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("use a number of seconds") from None
    if not 0 <= number < float("inf"):
        raise ValueError("use a number of seconds that is not negative")
    return number


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def pairs(text: str) -> dict[str, str]:
    """`name=value` pairs, separated by commas."""
    found = [pair.strip().partition("=") for pair in text.split(",") if pair.strip()]
    if not all(name.strip() and value.strip() for name, _, value in found):
        raise ValueError("use pairs such as name=value, separated by commas")
    return {name.strip(): value.strip() for name, _, value in found}


def fernet_keys(text: str) -> list[str]:
    """32 random bytes each, in the spelling of `Fernet.generate_key()`."""
    for number, key in enumerate(keys := names(text), start=1):
        try:
            if len(base64.urlsafe_b64decode(key.encode())) == 32:
                continue
        except ValueError:
            pass
        raise ValueError(
            f"key {number} is not 32 bytes in URL-safe base64, 44 characters: openssl rand -base64 32 | tr +/ -_"
        )
    return keys


def folder(text: str) -> Path:
    return Path(text).expanduser().resolve()


def url(*schemes: str) -> Callable[[str], str]:
    """A URL with one of these schemes."""

    def parse(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            raise ValueError(f"use a URL that starts with {', '.join(f'{scheme}://' for scheme in schemes)}")
        return text

    return parse


def _shown(name: str, text: str) -> str:
    """The value as an error message may show it: without passwords and keys."""
    return "..." if name.endswith(("_KEY", "_KEYS", "_STORAGE")) else repr(re.sub(r"//[^@/]*@", "//...@", text))

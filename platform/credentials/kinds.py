"""What a credential of each type consists of, and what is wrong with one that somebody sends. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

LONGEST: Final = 20_000  # of one secret: a private key, a token with many claims
_LABEL = r"[A-Za-z0-9_][A-Za-z0-9_-]*"
_HOST = re.compile(rf"(?:(?:\*\.)?{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Checked = tuple[Any, str | None]  # the value as it is kept, and what is wrong with it


def _text(value: Any) -> Checked:
    if not isinstance(value, str) or not value.strip():
        return None, "Write a text that is not empty."
    if len(value) > LONGEST or "\x00" in value:
        return None, f"At most {LONGEST} characters, and no NUL."
    return value, None


def _time(value: Any) -> Checked:
    """A time as ISO 8601 text or in seconds since 1970; kept as ISO text in UTC."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            at = datetime.fromtimestamp(value, UTC)
        else:
            at = datetime.fromisoformat(value)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None, "Write a time such as 2030-01-31T12:00:00Z, or seconds since 1970."
    return at.isoformat(), None


def _scopes(value: Any) -> Checked:
    names = value.split() if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and 0 < len(name) <= 500 for name in names):
        return None, "Write a list of texts."
    return (names, None) if len(names) <= 200 else (None, "At most 200 scopes.")


def _host(value: Any) -> Checked:
    if not isinstance(value, str) or len(value) > 255 or not _HOST.fullmatch(value):
        return None, "Write the host alone, such as api.example.com, *.example.com or api.example.com:8443."
    return value.lower(), None


def _headers(value: Any) -> Checked:
    if not isinstance(value, dict) or not value or len(value) > 50:
        return None, "Write an object of 1 to 50 headers: name → value."
    for name, text in value.items():
        if not isinstance(name, str) or not _HEADER.fullmatch(name):
            return None, "The name of a header may hold letters, digits and !#$%&'*+.^_`|~- only."
        if not isinstance(text, str) or len(text) > LONGEST or not text.isprintable():
            return None, f"The value of {name[:100]} must be a text in one line."
    return value, None


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of credential: its fields with what checks them. What is not `shown` is a secret."""

    name: str
    required: Mapping[str, Callable[[Any], Checked]]
    optional: Mapping[str, Callable[[Any], Checked]]
    shown: frozenset[str]

    @property
    def fields(self) -> dict[str, Callable[[Any], Checked]]:
        return {**self.required, **self.optional}

    @property
    def secrets(self) -> frozenset[str]:
        return frozenset(self.fields) - self.shown


_PUBLIC: Final = frozenset(
    ("username", "host", "scopes", "expires_at", "access_token_expires_at", "refresh_token_expires_at", "lifetime")
)


def _number(value: Any) -> Checked:
    fits = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return (value, None) if fits else (None, "Write a number of seconds.")


def _kind(
    name: str, required: Mapping[str, Callable[[Any], Checked]], optional: Mapping[str, Callable[[Any], Checked]]
) -> Kind:
    return Kind(name, required, optional, frozenset({*required, *optional}) & _PUBLIC)


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        _kind("api_key", {"api_key": _text}, {"expires_at": _time}),
        _kind(
            "oauth2",
            {"access_token": _text},
            {
                "refresh_token": _text,
                "access_token_expires_at": _time,
                "refresh_token_expires_at": _time,
                "scopes": _scopes,
                "username": _text,
                "lifetime": _number,
            },
        ),
        _kind("user_password", {"username": _text, "password": _text}, {}),
        _kind("host_scoped", {"host": _host, "headers": _headers}, {}),
    )
}


def problems(type_: Any, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values as they are kept, and field → what is wrong. Null counts as left out."""
    kind = KINDS.get(type_) if isinstance(type_, str) else None
    if kind is None:
        return {}, {"type": f"Write one of {', '.join(KINDS)}."}
    given = {name: value for name, value in values.items() if value is not None}
    wrong = dict.fromkeys(given.keys() - kind.fields, f"A credential of type {kind.name} has no such field.")
    wrong |= {name: "This field is required." for name in kind.required if name not in given}
    kept: dict[str, Any] = {}
    for name in kind.fields.keys() & given.keys():
        kept[name], problem = kind.fields[name](given[name])
        if problem is not None:
            wrong[name] = problem
    return kept, wrong

"""What may be reached, how large an answer may be, and how long it may take."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MOST_BYTES = 100 * 1024 * 1024

_allowed: tuple[str, ...] = ()


class Blocked(ValueError):
    """The address is not to be reached from here. The sentence says why, and what would allow it."""


class TooLarge(ValueError):
    """The answer is larger than the policy allows."""


def configure(entries: Sequence[str]) -> None:
    """What this process may reach besides public addresses: names, `*.domain`, addresses, networks, `host:port`."""
    global _allowed  # noqa: PLW0603 - a fact of the process, set once at its start
    _allowed = tuple(entry.strip().lower() for entry in entries if entry.strip())


def allowed() -> tuple[str, ...]:
    return _allowed


@contextlib.contextmanager
def allowing(*entries: str) -> Iterator[None]:
    """Also these for a while: for tests, which serve on this machine."""
    before = _allowed
    configure([*before, *entries])
    try:
        yield
    finally:
        configure(before)


@dataclass(frozen=True, slots=True)
class Policy:
    """`timeout` is for the whole exchange, from the name's resolution to the last byte; `max_bytes` is what the
    answer's body may hold once it is unpacked."""

    allow_private: tuple[str, ...] = field(default_factory=allowed)
    max_bytes: int = MOST_BYTES
    timeout: float = 60.0
    connect_timeout: float = 10.0

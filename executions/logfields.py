"""Who a log line is about: every line that is written while a run is worked on carries these fields (docs/metrics.md).

A context variable holds them, so they follow a block onto the event loop, into the tasks it makes there and into
`asyncio.to_thread`. Nothing is looked up and no text is made until a line is really written (config.logs)."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final

NAMES: Final = ("user", "graph", "run", "node", "node_execution", "block")
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_fields: Final[ContextVar[Mapping[str, Any]]] = ContextVar("petiole_log_fields", default=NOTHING)


def current() -> dict[str, str]:
    return {name: str(value) for name, value in _fields.get().items()}


def begin(fields: Iterable[tuple[str, Any]]) -> None:
    """A task begins, and with it what its lines are about; `end` when it has ended."""
    _fields.set({name: value for name, value in fields if name in NAMES})


def end() -> None:
    _fields.set(NOTHING)


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Lines written inside carry these fields too."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def known(**fields: Any) -> None:
    """More has become known about what the enclosing `about` or task is about."""
    if before := _fields.get():
        _fields.set({**before, **fields})

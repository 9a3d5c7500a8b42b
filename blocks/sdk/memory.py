"""What blocks keep for later runs: values under keys, of one agent or of all agents of a user."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol


class Scope(StrEnum):
    WITHIN_AGENT = "within_agent"
    ACROSS_AGENTS = "across_agents"


MOST: Final = 500  # characters of a key


class Memory(Protocol):
    """Asked and told by blocks that run on threads; async blocks use `asyncio.to_thread`."""

    def get(self, key: str, scope: Scope) -> tuple[bool, Any]:
        """Is something kept under the key, and what."""
        ...

    def set(self, key: str, scope: Scope, value: Any) -> None:
        """Replaces what was kept. Raises ValueError for what cannot be kept."""
        ...


@dataclass
class Kept:
    """A memory for tests of blocks."""

    values: dict[tuple[str, Scope], Any] = field(default_factory=dict)

    def get(self, key: str, scope: Scope) -> tuple[bool, Any]:
        return (key, scope) in self.values, self.values.get((key, scope))

    def set(self, key: str, scope: Scope, value: Any) -> None:
        self.values[key, scope] = value


def key_of(key: str) -> str:
    """The key as it is stored: without NUL, which no database keeps. Raises ValueError for an empty or a long one."""
    plain = key.replace("\0", "")
    if not plain or len(plain) > MOST:
        raise ValueError(f"a key has 1 to {MOST} characters")
    return plain


def without_nul(value: Any) -> Any:
    """The value as it is kept."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {without_nul(name): without_nul(inner) for name, inner in value.items()}
    return [without_nul(inner) for inner in value] if isinstance(value, list) else value

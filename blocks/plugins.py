"""The modules that an installation names for its blocks. The registry imports them, with all that blocks need, when it
is asked for the first time: a process that asks nothing of blocks does not pay for them."""

from collections.abc import Sequence

_named: list[str] = []


def name(modules: Sequence[str]) -> None:
    """Said once, when the application starts."""
    _named[:] = modules


def named() -> list[str]:
    return list(_named)

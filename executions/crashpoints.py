"""Named places between two statements at which a process may be killed.

`crash_point(name)` does nothing. Tests install a hook that kills the process there or cuts its database connection,
at one point after the other, and compare the outcome with that of an undisturbed run (tests/crashes)."""

from collections.abc import Callable

_hooks: list[Callable[[str], None]] = []


def crash_point(name: str) -> None:
    """Here the process may end. A name is said once in the product: `claim.before_commit`."""
    for hook in _hooks:
        hook(name)


def install(*hooks: Callable[[str], None]) -> None:
    """What happens at every crash point of this process from now on."""
    _hooks[:] = hooks

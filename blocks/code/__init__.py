"""Runs Python code of a graph in a process of its own, from which nothing can be reached.

Off unless the operator turns it on for the process, at its start."""

_enabled = False


def configure(*, enabled: bool) -> None:
    global _enabled  # noqa: PLW0603 - a fact of the process, set once at its start
    _enabled = enabled


def is_enabled() -> bool:
    return _enabled

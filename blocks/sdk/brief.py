"""Describes a value in an error message."""

from typing import Any


def brief(value: Any) -> str:
    """`value` in an error message: short, however large it is."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:60] + "…")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 200:
        return "a huge number"
    if value is None or isinstance(value, (int, float)):
        return "null" if value is None else repr(value)
    if isinstance(value, (list, dict)):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value)}"
    return type(value).__name__

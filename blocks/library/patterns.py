"""Regular expressions of users: compiled within limits, matched against a clock."""

import json
from collections.abc import Iterator
from typing import Any

import regex

from blocks.sdk.conversion import to_text

MOST_PATTERN = 10_000
MOST_CHARACTERS = 1_000_000
MOST_SECONDS = 5.0
# a{100} is compiled to a hundred times a: the memory goes before the clock is looked at
MOST_REPEATED = 20_000
_PART = regex.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?P<least>\d+)(?:,\d*)?\}|.", regex.DOTALL)


class BadPattern(ValueError):
    """A text that is no regular expression."""


def compiled(pattern: str, *, case_sensitive: bool, dot_all: bool) -> Any:
    if len(pattern) > MOST_PATTERN:
        raise BadPattern(f"the pattern is longer than {MOST_PATTERN} characters")
    if _unfolded(pattern) > MOST_REPEATED:
        raise BadPattern(f"the repetitions in the pattern stand for more than {MOST_REPEATED} characters")
    flags = (0 if case_sensitive else regex.IGNORECASE) | (regex.DOTALL if dot_all else 0)
    try:
        return regex.compile(pattern, flags)
    except (regex.error, ValueError, OverflowError, RecursionError, MemoryError) as wrong:
        raise BadPattern(f"the pattern is no regular expression: {str(wrong) or type(wrong).__name__}") from None


def _unfolded(pattern: str) -> int:
    """How long the pattern is once its repetitions are written out."""
    groups = [[0]]  # of each open group, the lengths of what stands in it
    for part in _PART.finditer(pattern):
        if part["least"] is not None:
            groups[-1][-1] *= max(1, min(int(part["least"][:9]), MOST_REPEATED + 1))
        elif part[0] == "(":
            groups.append([0])
        elif part[0] == ")" and len(groups) > 1:
            length = sum(groups.pop())
            groups[-1].append(length)
        else:
            groups[-1].append(1)
    return sum(map(sum, groups))


def matches(pattern: Any, text: str) -> Iterator[Any]:
    """The matches, one after the other; ValueError when the search takes too long."""
    try:
        yield from pattern.finditer(text, timeout=MOST_SECONDS)
    except TimeoutError:
        raise ValueError(f"the pattern was searched for {MOST_SECONDS:.0f} seconds; make it simpler") from None


def searched(value: Any) -> str:
    """What is searched of a value: its text, or compact JSON of what is no text."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return to_text(value)

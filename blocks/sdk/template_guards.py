"""Bounds on what a template may cost: time, characters written, and the size of every value that grows."""

import re
import time
from collections.abc import Callable, Iterator, Sized
from contextvars import ContextVar
from functools import wraps
from typing import Any

from jinja2 import TemplateRuntimeError

MOST_SECONDS = 5.0
MOST_CHARACTERS = 10_000_000  # of a value or of everything written
MOST_BITS = 10_000  # of a number
_WIDE = re.compile(r"\d{5,}|\*|:[^}]*\{")


class TooMuch(TemplateRuntimeError):
    """A template that would take too long or grow too large."""


class Budget:
    """What is left for one rendering."""

    def __init__(self) -> None:
        self.deadline = time.monotonic() + MOST_SECONDS
        # the text in a loop is counted for every pass, also where a condition leaves it out
        self.characters = MOST_CHARACTERS * 4

    def spend(self, characters: int = 0) -> None:
        self.characters -= characters
        if self.characters < 0:
            raise TooMuch(f"the template writes more than {MOST_CHARACTERS} characters")
        if time.monotonic() > self.deadline:
            raise TooMuch(f"the template takes longer than {MOST_SECONDS:.0f} seconds")


# None outside of a rendering: the compiler folds constants through the same functions
BUDGET: ContextVar[Budget | None] = ContextVar("template_budget", default=None)


def spend(characters: int = 0) -> None:
    budget = BUDGET.get()
    if budget is not None:
        budget.spend(characters)


def steps(iterable: Any, static: int) -> Iterator[Any]:
    """The iterable of a loop; each pass writes up to `static` characters of the template itself."""
    for item in iterable:
        spend(static + 1)
        yield item


def bounded(size: int) -> None:
    if size > MOST_CHARACTERS:
        raise TooMuch(f"a value in the template is larger than {MOST_CHARACTERS} characters")


def weight(value: Any) -> int:
    """About how many characters `value` has as text; stops counting above the limit."""
    total, waiting = 0, [value]
    while waiting and total <= MOST_CHARACTERS:
        part = waiting.pop()
        if isinstance(part, str):
            total += len(part) + 1
        elif isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
            total += 2
        elif isinstance(part, (list, tuple, set)):
            waiting += part
            total += 2
        else:
            total += 4
    return total


def printed(value: Any) -> Any:
    """What `{{ … }}` prints, counted."""
    size = weight(value)
    bounded(size)
    spend(size)
    return value


def calculate(operator: str, left: Any, right: Any) -> None:
    """Refuses sums, products and powers that explode; called before the operation."""
    if operator == "%" and isinstance(left, str):
        formatted(left, right)
    elif operator in ("+", "*") and not _plain_numbers(left, right):
        sizes = [len(side) if isinstance(side, (str, bytes, list, tuple)) else 0 for side in (left, right)]
        factor = next((side for side in (left, right) if isinstance(side, int)), 1)
        bounded(sum(sizes) * (factor if operator == "*" else 1))
    elif isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * abs(right) if operator == "**" else left.bit_length() + right.bit_length()
        if bits > MOST_BITS:
            raise TooMuch("a number in the template has too many digits")


def formatted(pattern: str, *values: Any) -> None:
    """Refuses printf and format patterns with a width that is large or a value itself."""
    if _WIDE.search(pattern):
        raise TooMuch("a width in a format of the template is too large")
    bounded(weight(list(values)) * max(1, pattern.count("%") + pattern.count("{")))


def _plain_numbers(left: Any, right: Any) -> bool:
    return isinstance(left, (int, float)) and isinstance(right, (int, float))


def _number(arguments: tuple[Any, ...], default: int) -> int:
    numbers = [each for each in arguments if isinstance(each, int) and not isinstance(each, bool)]
    return max(0, *numbers) if numbers else default


def _length(arguments: tuple[Any, ...]) -> int:
    return max((len(each) for each in arguments if isinstance(each, str)), default=0)


def _replaced(text: Any, old: Any = "", new: Any = "", *_rest: Any) -> int:
    return len(str(text)) + str(text).count(str(old)) * len(str(new))


def _joined(items: Any, *rest: Any) -> int:
    return weight(items) + (len(items) if isinstance(items, Sized) else 1) * _length(rest)


def _indented(text: Any, *rest: Any) -> int:
    return len(str(text)) + (str(text).count("\n") + 1) * max(_number(rest, 4), _length(rest))


def _wrapped(text: Any, *rest: Any) -> int:
    return len(str(text)) * (1 + _length(rest) // max(1, _number(rest, 79)))


def _padded(text: Any, *rest: Any) -> int:
    return max(len(str(text)), _number(rest, 80))


# how large the result of a filter or text method gets, from its arguments (the text first)
SIZES: dict[str, Callable[..., int]] = {
    "center": _padded,
    "ljust": _padded,
    "rjust": _padded,
    "zfill": _padded,
    "expandtabs": lambda text, *rest: len(text) + text.count("\t") * _number(rest, 8),
    "indent": _indented,
    "replace": _replaced,
    "wordwrap": _wrapped,
    "join": _joined,
    "extend": lambda items, *more: len(items) + sum(len(each) for each in more if isinstance(each, Sized)),
    "batch": lambda _items, *rest: _number(rest, 1),
    "slice": lambda _items, *rest: _number(rest, 1),
}
# the others only need a look at what they get
for _name in ("capitalize", "e", "escape", "forceescape", "lower", "safe", "string", "striptags", "title", "trim",
              "truncate", "upper", "urlencode", "wordcount"):  # fmt: skip
    SIZES[_name] = lambda *_: 0


def guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The filter `function` that first looks at how large its result would be."""
    size = SIZES[name]
    skipped = 1 if hasattr(function, "jinja_pass_arg") else 0  # the environment or context that Jinja passes first

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        given = [list(each) if isinstance(each, Iterator) else each for each in arguments]
        subject = [*given[skipped:], *named.values()]
        bounded(weight(subject))  # before anything is turned into text to be measured
        bounded(size(*subject))
        spend()
        return function(*given, **named)

    return call

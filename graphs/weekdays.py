"""Cron texts of AutoGPT count weekdays from Monday, which is 0; Unix counts from Sunday (decision D7).

Names mean the same in both, so numbers become names: nobody can read them wrongly any more."""

import re
from dataclasses import dataclass
from typing import Final

NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART: Final = re.compile(r"(\*|[0-6])(?:-([0-6]))?(?:/([1-9]))?")
_UNIX: Final = re.compile(r"(\*|[0-7])(?:-([0-7]))?(?:/([1-9]))?")


@dataclass(frozen=True)
class Translated:
    """`notes`: what a person should know of it."""

    text: str
    notes: tuple[str, ...] = ()


def translate(cron: str) -> Translated:
    """The same times as Unix cron; what is no five-field expression stays as it is."""
    fields = cron.split()
    if len(fields) != 5:
        return Translated(cron)
    days = _days(fields[4])
    text = " ".join([*fields[:4], days])
    notes = []
    if days != fields[4]:
        notes.append(f"The schedule {cron!r} counted weekdays from Monday = 0, as AutoGPT does: it is {text!r} here.")
    if fields[2] != "*" and days != "*":
        notes.append(f"In {text!r} a day of the month or a weekday is enough, as Unix has it; AutoGPT wanted both.")
    return Translated(text, tuple(notes))


def named(cron: str) -> str:
    """A Unix cron text with names in place of numbers of weekdays, so that AutoGPT reads the same days in it."""
    fields = cron.split()
    if len(fields) != 5 or fields[4] == "*":
        return cron
    parts = [_UNIX.fullmatch(part) for part in fields[4].split(",")]
    days: list[str] = []
    for part in parts:
        if part is None:
            return cron
        days += _unix_names(*part.groups())
    return " ".join([*fields[:4], ",".join(dict.fromkeys(days))])


def _unix_names(first: str, last: str | None, step: str | None) -> list[str]:
    begin, end = (0, 6) if first == "*" else (int(first), int(last or (7 if step else first)))
    return [NAMES[(day - 1) % 7] for day in range(begin, end + 1, int(step or 1))]


def _days(field: str) -> str:
    parts = [_PART.fullmatch(part) for part in field.split(",")]
    if field == "*" or not all(parts):
        return field
    found: list[str] = []
    for part in parts:
        if part is not None:
            found += _names(*part.groups())
    return ",".join(dict.fromkeys(found))


def _names(first: str, last: str | None, step: str | None) -> list[str]:
    if first == "*":
        return list(NAMES[:: int(step or 1)])
    if step is None and last is not None:
        return [f"{NAMES[int(first)]}-{NAMES[int(last)]}"] if last > first else [NAMES[int(first)]]
    end = int(last) if last is not None else (6 if step else int(first))
    return list(NAMES[int(first) : end + 1 : int(step or 1)])

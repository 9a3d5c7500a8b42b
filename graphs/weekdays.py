"""Cron texts of AutoGPT count weekdays from Monday, which is 0; Unix counts from Sunday (decision D7).

Names mean the same in both, so numbers become names: nobody can read them wrongly any more."""

import re
from dataclasses import dataclass
from typing import Final

NAMES: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART: Final = re.compile(r"(\*|[0-6])(?:-([0-6]))?(?:/([1-9]))?")


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

"""What becomes of times that nobody fired when they were due (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from scheduling.states import Misfire

T = TypeVar("T")


@dataclass(frozen=True)
class Decision(Generic[T]):
    run: list[T]
    missed: list[T]


def decide(
    due: Sequence[tuple[datetime, T]], now: datetime, *, policy: str, limit: int, grace: timedelta
) -> Decision[T]:
    """`due`: times that have come, oldest first. While the oldest is not later than the grace all is well: all run."""
    everything = [one for _, one in due]
    if not due or now - due[0][0] <= grace:
        return Decision(everything, [])
    if policy == Misfire.SKIP:
        recent = [one for time, one in due if now - time <= grace]
        return Decision(recent, everything[: len(everything) - len(recent)])
    kept = 1 if policy == Misfire.ONCE else max(1, limit)
    return Decision(everything[-kept:], everything[:-kept])

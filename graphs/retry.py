"""How often and when a node is tried again, as its metadata says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Attempts of one node execution, the first included; pauses in seconds."""

    attempts: int = 1
    delay: float = 1.0
    factor: float = 2.0
    most: float = 300.0
    jitter: bool = True

    def pause(self, failed: int, chance: float) -> float:
        """Seconds to wait after the `failed`-th failure. `chance` in 0..1 spreads nodes that failed together."""
        pause = self.delay
        for _ in range(failed - 1):
            if pause >= self.most or self.factor == 1:
                break
            pause *= self.factor
        return min(pause, self.most) * (0.5 + chance / 2 if self.jitter else 1.0)


_NUMBERS: Final = {
    # name in the metadata: (field of RetryPolicy, least, most)
    "attempts": ("attempts", 1, 100),
    "delay_seconds": ("delay", 0, DAY),
    "factor": ("factor", 1, 100),
    "max_delay_seconds": ("most", 0, 7 * DAY),
}


def read(metadata: Mapping[str, Any]) -> tuple[RetryPolicy, float | None, dict[str, str]]:
    """The retry policy, the time limit in seconds, and what is wrong (it stays at its default): field → message."""
    problems: dict[str, str] = {}
    policy = _policy(metadata.get("retry"), problems)
    limit = metadata.get("timeout_seconds")
    if limit is None:
        return policy, None, problems
    if not _number(limit) or not 0 < limit <= 7 * DAY:
        problems["metadata.timeout_seconds"] = f"Use a number of seconds above 0 and at most {7 * DAY:.0f}."
        return policy, None, problems
    return policy, float(limit), problems


def _policy(stated: Any, problems: dict[str, str]) -> RetryPolicy:
    if stated is None:
        return RetryPolicy()
    if not isinstance(stated, Mapping):
        problems["metadata.retry"] = "Use an object such as {attempts: 3, delay_seconds: 1}."
        return RetryPolicy()
    values: dict[str, Any] = {}
    for name, value in stated.items():
        if name == "jitter" and isinstance(value, bool):
            values["jitter"] = value
        elif name in _NUMBERS and _within(name, value):
            values[_NUMBERS[name][0]] = value
        else:
            problems[f"metadata.retry.{name}"] = _remedy(name)
    return RetryPolicy(**values)


def _within(name: str, value: Any) -> bool:
    field, least, most = _NUMBERS[name]
    return _number(value) and least <= value <= most and (field != "attempts" or isinstance(value, int))


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _remedy(name: str) -> str:
    if name == "jitter":
        return "Use true or false."
    if name not in _NUMBERS:
        return f"There is no such setting; known are {', '.join([*_NUMBERS, 'jitter'])}."
    field, least, most = _NUMBERS[name]
    return f"Use a {'whole number' if field == 'attempts' else 'number'} from {least} to {most:.0f}."

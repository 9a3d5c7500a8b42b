"""One deadline for everything a request does, carried where httpx carries the time limits of single steps."""

import time


class Until(float):
    """A number of seconds for whoever takes it as such; on our streams: what is left until the deadline."""

    deadline: float

    def __new__(cls, seconds: float, deadline: float) -> "Until":
        number = super().__new__(cls, seconds)
        number.deadline = deadline
        return number


def limits(timeout: float, connect: float) -> dict[str, Until]:
    deadline = time.monotonic() + timeout
    return {
        step: Until(min(timeout, connect) if step == "connect" else timeout, deadline)
        for step in ("connect", "read", "write", "pool")
    }


def left(timeout: float | None) -> float | None:
    """Seconds for the next step; 0.001 when there are none, so that it fails as a step that took too long."""
    if not isinstance(timeout, Until):
        return timeout
    return max(0.001, min(float(timeout), timeout.deadline - time.monotonic()))

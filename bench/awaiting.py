"""How whoever measures waits for the end: everybody alike, and without disturbing who works."""

import sys
import time
from collections.abc import Callable

PATIENCE = 1800.0
SELDOM, OFTEN = 0.05, 0.002
FEW = 5


def pause(nodes: int) -> float:
    """Seconds between two looks. A few nodes are over soon: looking often costs little, and it is what is measured."""
    return OFTEN if nodes <= FEW else SELDOM


def await_all(done: Callable[[], bool], *, pause: float = SELDOM, patience: float = PATIENCE) -> float:
    """Ask a cheap question now and then; when its answer was yes, in seconds of the epoch."""
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            sys.exit(f"The runs did not end within {patience:g} s.")
        time.sleep(pause)
    return time.time()

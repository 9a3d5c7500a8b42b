"""Ctrl-C while a run is being started: whoever presses it wants the run to be stopped, and there may be one already."""

import signal
from types import TracebackType
from typing import Any


class HeldBack:
    """Keeps the first Ctrl-C until `let_through`; the second one is obeyed at once. For the main thread."""

    def __init__(self) -> None:
        self._kept = False
        self._before: Any = None

    def __enter__(self) -> "HeldBack":
        self._before = signal.signal(signal.SIGINT, self._keep)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.signal(signal.SIGINT, self._before)

    def let_through(self) -> None:
        """From now on as ever. Raises KeyboardInterrupt when one was kept."""
        signal.signal(signal.SIGINT, self._before)
        if self._kept:
            raise KeyboardInterrupt

    def _keep(self, number: int, frame: object) -> None:
        if self._kept:
            raise KeyboardInterrupt
        self._kept = True

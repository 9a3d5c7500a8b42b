"""A process is not forked while one of its threads is inside a library: it would inherit locks that nobody releases."""

import os
import threading
from typing import Any, Final

FORK_WAIT_SECONDS: Final = 2.0


class Unforked:
    """Around what a thread does; a fork waits a moment for its end."""

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self._waited = False
        os.register_at_fork(before=self._before, after_in_parent=self._after, after_in_child=self._after)

    def __enter__(self) -> None:
        self._busy.acquire()

    def __exit__(self, *_: Any) -> None:
        self._busy.release()

    def _before(self) -> None:
        self._waited = self._busy.acquire(timeout=FORK_WAIT_SECONDS)

    def _after(self) -> None:
        if self._waited:
            self._busy.release()

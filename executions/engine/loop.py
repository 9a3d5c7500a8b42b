"""The event loop of a process, on a thread of its own: asynchronous blocks wait there and hold nothing."""

import asyncio
import os
import threading
from typing import Final

_LOCK: Final = threading.Lock()
_LOOPS: Final[dict[int, asyncio.AbstractEventLoop]] = {}


def of_process() -> asyncio.AbstractEventLoop:
    """The loop of this process; a forked child gets one of its own."""
    with _LOCK:
        loop = _LOOPS.get(os.getpid())
        if loop is None:
            loop = _LOOPS[os.getpid()] = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="petiole-loop", daemon=True).start()
        return loop

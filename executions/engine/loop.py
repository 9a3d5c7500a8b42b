"""The event loop of a process, on a thread of its own: asynchronous blocks wait there and hold nothing."""

import asyncio
import os
import threading
from typing import Final

_LOCK: Final = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_pid = 0


def of_process() -> asyncio.AbstractEventLoop:
    """The loop of this process; a forked child gets one of its own."""
    global _loop, _pid
    with _LOCK:
        if _loop is None or _pid != os.getpid() or _loop.is_closed():
            _loop, _pid = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_loop.run_forever, name="petiole-loop", daemon=True).start()
        return _loop

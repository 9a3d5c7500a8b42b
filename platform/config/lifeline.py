"""A process that ends with the one that started it, however that one ends (Linux; elsewhere nothing is promised)."""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int | None = None, ending: signal.Signals = signal.SIGKILL) -> None:
    """Ask the kernel to send `ending` when the parent dies; end at once if `parent` is gone already."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, ending, 0, 0, 0)
    if os.getppid() != (parent or os.getppid()):
        os.kill(os.getpid(), ending)

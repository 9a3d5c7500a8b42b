"""The program of that process: shuts itself in, then runs the code. Started with `python -I jail.py`, never imported.

Namespaces of its own (no network, no other processes, no mounts), an empty folder as its root, no environment, limits
of memory, processor time, files and processes. What cannot be had ends it before the code is read."""

import ctypes
import importlib
import io
import json
import os
import resource
import signal
import sys
import traceback
from typing import Any

# imported beforehand: afterwards there are no files
OFFERED = (
    "base64", "bisect", "calendar", "collections", "csv", "datetime", "decimal", "difflib", "fractions", "functools",
    "hashlib", "heapq", "html", "itertools", "math", "operator", "random", "re", "statistics", "string", "textwrap",
    "time", "unicodedata", "urllib.parse", "uuid", "zlib", "zoneinfo",
)  # fmt: skip
_NOBODY = 65534
_ENDS = (signal.SIGTERM, signal.SIGALRM)
GRACE = 10  # seconds for the start of the process and its end
_NEW = 0x10000000 | 0x40000000 | 0x20000000 | 0x00020000 | 0x08000000  # user, network, processes, mounts, IPC
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 38, 1


def main() -> None:
    order = json.loads(sys.stdin.buffer.read())
    for name in OFFERED:
        importlib.import_module(name)
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:  # limits of processes do not hold for root
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    libc.prctl(_DIE_WITH_PARENT, signal.SIGTERM, 0, 0, 0)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if libc.unshare(_NEW) != 0:
        _tell({"jail": os.strerror(ctypes.get_errno())})
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    child = os.fork()  # the first process of the new namespace: nothing outside can be seen or signalled
    if child:
        _guard(child, order["seconds"] + GRACE)
        return
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
    libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    os.chroot(order["folder"])
    os.chdir("/")
    if not _without_rights(libc):
        _tell({"jail": "the rights of the new namespace cannot be given up"})
        return
    _limit(order)
    _tell(_run(order))


def _guard(child: int, seconds: int) -> None:
    """The code can make its own process outlive its parent, but not keep its parent from killing it: with the first
    process of a namespace the kernel ends all others. That happens when the worker asks, dies, or forgets."""
    for number in _ENDS:
        signal.signal(number, lambda *_: os.kill(child, signal.SIGKILL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDS)
    signal.alarm(seconds)
    os.waitpid(child, 0)


def _without_rights(libc: Any) -> bool:
    """Gives up what a process may do in its own namespaces, mounting and another chroot included. A process in a
    chroot cannot make a new user namespace, which would give them back."""
    head = (ctypes.c_uint32 * 2)(0x20080522, 0)
    none = (ctypes.c_uint32 * 6)()
    return bool(libc.capset(head, none) == 0 and libc.unshare(0x10000000) != 0)


def _limit(order: dict[str, Any]) -> None:
    for what, most in (
        (resource.RLIMIT_AS, order["memory"]),
        (resource.RLIMIT_CPU, order["seconds"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _run(order: dict[str, Any]) -> dict[str, Any]:
    printed = io.StringIO()
    names: dict[str, Any] = {"__name__": "__main__", "inputs": order["inputs"], "result": None}
    answer, sys.stdout = sys.stdout, printed
    told: dict[str, Any]
    try:
        exec(compile(order["code"], "<code>", "exec"), names)
        told = {"result": names["result"], "printed": printed.getvalue()}
        json.dumps(told)
    except BaseException as wrong:
        lines = traceback.format_exception_only(wrong)
        places = [at.lineno for at in traceback.extract_tb(wrong.__traceback__) if at.filename == "<code>"]
        line = places[-1] if places else 0
        told = {"error": "".join(lines).strip()[:2000], "line": line, "printed": printed.getvalue()}
    finally:
        sys.stdout = answer
    return told


def _tell(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()


main()

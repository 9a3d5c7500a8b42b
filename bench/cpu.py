"""CPU time by kind of process, as Linux counts it in /proc; nothing elsewhere."""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")

Pids = Callable[[], Iterable[int]]


class Meter:
    """`kinds`: the name of a kind → which processes are of it, asked anew at both ends of a measurement."""

    def __init__(self, kinds: Mapping[str, Pids]) -> None:
        self._kinds = kinds
        self._began: dict[int, float] = {}

    def start(self) -> None:
        self._began = _all()

    def read(self) -> dict[str, float]:
        """Seconds since `start`, of the kinds that have a process here."""
        now = _all()
        seconds = {}
        for kind, pids in self._kinds.items():
            here = [pid for pid in pids() if pid in now]
            if here:
                seconds[kind] = sum(now[pid] - self._began.get(pid, 0.0) for pid in here)
        return seconds


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    children: dict[int, list[int]] = {}
    for each in _pids():
        with suppress(OSError):
            children.setdefault(int(fields(each)[1]), []).append(each)
    found, level = [pid], [pid]
    while level:
        level = [child for parent in level for child in children.get(parent, [])]
        found += level
    return found


def named(pids: Iterable[int], *names: str) -> list[int]:
    """Those which are processes of this machine under one of these names: a server may be elsewhere."""
    found = []
    for pid in pids:
        with suppress(OSError):
            if (PROC / str(pid) / "comm").read_text().strip() in names:
                found.append(pid)
    return found


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()] if PROC.is_dir() else []


def _all() -> dict[int, float]:
    seconds = {}
    for pid in _pids():
        with suppress(OSError):
            seen = fields(pid)
            seconds[pid] = (int(seen[11]) + int(seen[12])) / TICKS
    return seconds


def fields(pid: int) -> list[str]:
    """What follows the name in /proc/PID/stat: state, parent, …; the name itself may contain anything."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()

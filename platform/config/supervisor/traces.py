"""What a supervisor leaves behind when it is killed: pid files, by which its successor finds and ends the children."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
PATIENCE_SECONDS = 10.0


def write(file: Path, pid: int) -> None:
    file.write_text(f"{pid} {identity(pid) or ''}\n")


def clean(folder: Path) -> list[str]:
    """End every process that a pid file of the folder still names; the names of those that were alive."""
    left = dict(_living(folder))
    names = sorted(left)
    for ending in (signal.SIGTERM, signal.SIGKILL):
        for pid in left.values():
            end_group(pid, ending)
        left = _await_end(left)
    for file in folder.glob("*.pid"):
        file.unlink()
    return names


def _await_end(left: dict[str, int]) -> dict[str, int]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = {name: pid for name, pid in left.items() if identity(pid)}
    return left


def _living(folder: Path) -> Iterator[tuple[str, int]]:
    for file in folder.glob("*.pid"):
        pid, _, known = file.read_text().strip().partition(" ")
        if pid.isdigit() and known and identity(int(pid)) == known:
            yield file.stem, int(pid)


def end_group(pid: int, ending: signal.Signals) -> None:
    """Signal a child and everything it started: each child leads a process group of its own."""
    with suppress(ProcessLookupError, PermissionError):  # gone, or (macOS) only zombies are left
        os.killpg(pid, ending)


def identity(pid: int) -> str | None:
    """What tells this process from a later one with the same number: the time of its start. None: it has ended."""
    if PROC.exists():
        return _linux_identity(pid)
    seen = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = seen.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def _linux_identity(pid: int) -> str | None:
    try:
        stat = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if stat[0] in "ZX" else f"{boot}/{stat[19]}"

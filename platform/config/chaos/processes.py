"""Which processes there are on this machine: whose child is whose, and which belong to a state folder."""

import subprocess
from collections import defaultdict
from pathlib import Path

from config.supervisor import traces

PROC = Path("/proc")


def children_of(pid: int) -> list[int]:
    """The processes that this one has started and that are alive."""
    told = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    found: dict[int, list[int]] = defaultdict(list)
    for child, parent, state in (line.split()[:3] for line in told.splitlines()):
        if not state.startswith("Z"):
            found[int(parent)].append(int(child))
    return found[pid]


def of_folder(state: Path) -> list[int]:
    """Everything alive that was started with this state folder."""
    mine = f"PETIOLE_STATE={state}"
    if not PROC.exists():
        told = subprocess.run(["ps", "-A", "-E", "-o", "pid=,command="], capture_output=True, text=True, check=True)
        return [int(line.split()[0]) for line in told.stdout.splitlines() if mine in line.split()]
    started = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and mine in _environment(entry)]
    return [pid for pid in started if traces.identity(pid)]


def _environment(entry: Path) -> list[str]:
    try:
        return (entry / "environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []

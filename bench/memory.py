"""Memory by kind of process, as Linux counts it in /proc; nothing elsewhere."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from bench.cpu import PROC, Pids

Memory = dict[str, float]
_FIELD = re.compile(r"^(Pss|Rss):\s+(\d+) kB$", re.MULTILINE)


def memory(kinds: Mapping[str, Pids]) -> dict[str, Memory]:
    """Megabytes of the kinds that have a process here and may be looked at. `pss`: shared pages are divided among those
    who share them, so the sum is what is really taken; `rss`: every process with all that it maps."""
    found = {kind: of(pids()) for kind, pids in kinds.items()}
    return {kind: megabytes for kind, megabytes in found.items() if megabytes["processes"]}


def of(pids: Iterable[int]) -> Memory:
    total: Memory = {"pss": 0.0, "rss": 0.0, "processes": 0}
    for pid in pids:
        with suppress(OSError):  # it has ended meanwhile, or belongs to somebody else
            fields = dict(_FIELD.findall((PROC / str(pid) / "smaps_rollup").read_text()))
            if fields:
                total["pss"] += int(fields["Pss"]) / 1024
                total["rss"] += int(fields["Rss"]) / 1024
                total["processes"] += 1
    return total

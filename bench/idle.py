"""`python -m bench.idle`: what `manage.py up` costs while nothing is to be done. The embedded profile, on Linux."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.cpu import PROC, TICKS, family, fields

ROOT = Path(__file__).resolve().parents[1]
SETTLE_SECONDS = 10.0  # what follows a start (the first sweep, the first beats) is no part of it
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Process:
    """`cpu`: seconds so far; `slept`: how often it gave the processor up, that is, how often something woke it up;
    `rss`, `pss`: MB, the latter with its part of what it shares."""

    name: str
    threads: int
    cpu: float
    slept: int
    rss: float
    pss: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to look (default: %(default)g)")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="petiole-bench-") as state:
        for attempt in ("cold", "warm"):
            up, took = start(state)
            try:
                before = look(up.pid)
                print(
                    f"{attempt} start: ready after {took:.1f} s, {sum(one.cpu for one in before.values()):.1f} s of CPU"
                )
                if attempt == "warm":
                    time.sleep(SETTLE_SECONDS)
                    show(look(up.pid), up.pid, seconds)
            finally:
                up.terminate()
                up.communicate()


def start(state: str) -> tuple["subprocess.Popen[str]", float]:
    """The supervisor, and how many seconds it took until everything was ready."""
    ours = {"DATABASE_URL", "REDIS_URL", "BROKER_URL"}
    variables = {name: value for name, value in os.environ.items() if name not in ours} | {"PETIOLE_STATE": state}
    began = time.monotonic()
    command = [sys.executable, str(ROOT / "manage.py"), "up", "--port", "0"]
    up = subprocess.Popen(command, env=variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert up.stdout is not None
    for line in up.stdout:
        if line.startswith("ready:"):
            return up, time.monotonic() - began
    sys.exit("manage.py up ended before it was ready.")


def show(before: dict[int, Process], root: int, seconds: float) -> None:
    began = time.monotonic()
    time.sleep(seconds)
    after, took = look(root), time.monotonic() - began
    print(f"{'':32}{'CPU %':>8}{'wakes/s':>9}{'threads':>9}{'RSS MB':>8}{'PSS MB':>8}")
    total = [0.0] * 5
    for pid in before.keys() & after.keys():
        one, then = after[pid], before[pid]
        cells = [100 * (one.cpu - then.cpu) / took, (one.slept - then.slept) / took, one.threads, one.rss, one.pss]
        total = [sum(pair) for pair in zip(total, cells, strict=True)]
        print(row(one.name, cells))
    print(row(f"{len(before.keys() & after.keys())} processes", total))


def row(name: str, cells: list[float]) -> str:
    cpu, slept, threads, rss, pss = cells
    return f"{name[:31]:32}{cpu:8.2f}{slept:9.1f}{threads:9.0f}{rss:8.0f}{pss:8.0f}"


def look(root: int) -> dict[int, Process]:
    found = {}
    for pid in family(root):
        with suppress(OSError):
            found[pid] = process(PROC / str(pid))
    return found


def process(folder: Path) -> Process:
    threads = list((folder / "task").iterdir())
    seen = fields(int(folder.name))
    kilobytes = of((folder / "smaps_rollup").read_text())
    return Process(
        name=(folder / "cmdline").read_text().replace("\0", " ").replace(sys.executable, "python").strip(),
        threads=len(threads),
        cpu=(int(seen[11]) + int(seen[12])) / TICKS,
        slept=sum(of((thread / "status").read_text())["voluntary_ctxt_switches"] for thread in threads),
        rss=kilobytes["Rss"] / 1024,
        pss=kilobytes["Pss"] / 1024,
    )


def of(text: str) -> dict[str, int]:
    """The numbers of lines like `Rss:   123 kB`."""
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: int(rest.split()[0]) for name, _, rest in pairs if rest.split()[:1] and rest.split()[0].isdigit()}


if __name__ == "__main__":
    main()

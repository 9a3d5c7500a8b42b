"""The processes that are measured; Celery workers are started alike for everybody who is compared."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from config import lifeline
from config.supervisor.roles import ALONE

READY_WITHIN = 60.0
POOL = ("-P", "prefork", "-c", "2")  # as `manage.py up` starts it; it takes a message when it has a process for it
RAW_POOL = (*POOL, "--prefetch-multiplier", "4")  # faster for Celery alone


@contextmanager
def worker(
    app: str, queues: str, state: Path, pool: Sequence[str] = POOL, *, name: str = "", **variables: str
) -> Iterator[int]:
    """One worker with two pool processes, unless `pool` says otherwise, ready; the id of its main process."""
    name = name or f"{app}-{queues}".replace(".", "-").replace(",", "-")
    command = ["celery", "-q", "-A", app, "worker", "-n", f"{name}-{os.getpid()}@bench"]
    command += ["-Q", queues, "-l", "warning", *pool, *ALONE]
    with process(name, command, state, **variables) as pid:
        yield pid


@contextmanager
def process(name: str, module: Sequence[str], state: Path, **variables: str) -> Iterator[int]:
    """A module with its arguments, ready (it makes the file PETIOLE_READY_FILE), in the background; its id."""
    log, ready = state / f"{name}.log", state / f"{name}.ready"
    ready.unlink(missing_ok=True)
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", *module],
            env=os.environ | variables | {"PETIOLE_READY_FILE": str(ready)},
            stdout=out,
            stderr=out,
            preexec_fn=partial(lifeline.end_with_parent, os.getpid()),  # noqa: PLW1509  the parent has no threads
        ) as started,
    ):
        try:
            _await(ready, started, log)
            yield started.pid
        finally:
            _end(started)


def _await(ready: Path, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"A process did not become ready:\n{log.read_text(errors='replace')[-4000:]}")
        time.sleep(0.05)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()

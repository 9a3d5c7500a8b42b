"""A stack for one run and no longer: its own state folder, a free port, ended and removed whatever happens."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Final, NoReturn

from config import lifeline
from config.embedded import socket_path

READY: Final = re.compile(r"^ready: (http://\S+)$", re.MULTILINE)
READY_SECONDS: Final = 90.0
STOP_SECONDS: Final = 25.0
SIZE: Final = ("--workers-io", "16", "--workers-cpu", "2")
SERVERS: Final = frozenset({"DATABASE_URL", "REDIS_URL", "BROKER_URL"})


class NotReady(Exception):
    """The stack did not come up; the message ends with what it said last."""


@dataclass(frozen=True)
class Stack:
    """What other commands need to work with it."""

    address: str
    environment: Mapping[str, str]


def environment_of(state: Path) -> dict[str, str]:
    """That of a fresh machine: nobody's servers, nobody's settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PETIOLE_") and name not in SERVERS}
    return own | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PETIOLE_STATE": str(state),
        "PETIOLE_SHUTDOWN_SECONDS": "3",
    }


@contextmanager
def stack() -> Iterator[Stack]:
    """`manage.py up` as a child of ours; what it says goes into a file."""
    with tempfile.TemporaryDirectory(prefix="petiole-demo-", ignore_cleanup_errors=True) as folder:
        state = Path(folder) / "state"
        environment = environment_of(state)
        log = Path(folder) / "up.log"
        with log.open("wb") as out:
            supervisor = started(("up", "--port", "0", *SIZE), environment, signal.SIGTERM, out)
        try:
            yield Stack(address_in(log, supervisor), environment)
        finally:
            finish_in_peace()
            end(supervisor)
            shutil.rmtree(socket_path(state).parent, ignore_errors=True)  # elsewhere when the path is long


def started(
    words: Sequence[str], environment: Mapping[str, str], ending: signal.Signals, out: IO[bytes] | None = None
) -> "subprocess.Popen[bytes]":
    """A command in a process group of its own: Ctrl-C is for us, and we end one after the other.

    `ending`: how the command hears of it if we die ourselves."""
    demo = os.getpid()
    return subprocess.Popen(
        [sys.executable, "-m", "django", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=None if out is None else subprocess.STDOUT,
        process_group=0,
        preexec_fn=lambda: lifeline.end_with_parent(demo, ending),  # noqa: PLW1509  we have no threads
    )


def interruptible() -> None:
    """TERM and HUP end the demo as Ctrl-C does: in order."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def finish_in_peace() -> None:
    """What stops now is stopped in order; a second Ctrl-C would only leave something behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def address_in(log: Path, supervisor: "subprocess.Popen[bytes]") -> str:
    deadline = time.monotonic() + READY_SECONDS
    while (found := READY.search(said := log.read_text(errors="replace"))) is None:
        if supervisor.poll() is not None or time.monotonic() > deadline:
            last = "\n".join(said.splitlines()[-20:])
            raise NotReady(f"The stack did not become ready. It said:\n{last}")
        time.sleep(0.05)
    return found[1]


def end(process: "subprocess.Popen[bytes]") -> None:
    """TERM stops it in order, a second one at once; KILL takes its children with it."""
    for number, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGTERM, 10.0), (signal.SIGKILL, None)):
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue

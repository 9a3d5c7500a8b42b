"""The stack under test: `manage.py up` itself, so that what is killed is restarted by the product's own supervisor.

In the production profile the broker is no child of `up`; it is a server of ours, restarted by us."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from config import lifeline
from config.chaos import processes
from config.chaos.place import Place
from config.demonstration import READY, end
from config.embedded import socket_path
from config.supervisor import broker, traces

WORKERS: Final = ("worker-io", "worker-cpu")
READY_SECONDS: Final = 120.0
BROKER_SECONDS: Final = 20.0
SIZE: Final = ("--workers-io", "32", "--workers-cpu", "3")


class StackFailed(Exception):
    """The stack did not come up, or its supervisor ended by itself; the message ends with what it said last."""


class Stack:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.address = ""
        self.supervisor: subprocess.Popen[bytes] | None = None
        self.server: subprocess.Popen[bytes] | None = None
        self.own_broker = place.profile == "production"
        self.starts = 0

    @property
    def socket(self) -> Path:
        return socket_path(self.place.state)

    def start(self) -> None:
        """Everything, from nothing or after everything was killed; ready when it serves."""
        self.place.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.own_broker:
            self.start_broker()
        port = self.address.rpartition(":")[2] or "0"
        log = self.place.folder / f"up-{self.starts}.log"
        self.starts += 1
        with log.open("wb") as out:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "django", "up", "--port", port, *SIZE],
                env=dict(self.place.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=partial(lifeline.end_with_parent, os.getpid(), signal.SIGTERM),  # noqa: PLW1509
            )
        self.address = self._address(log)

    def _address(self, log: Path) -> str:
        deadline = time.monotonic() + READY_SECONDS
        while (found := READY.search(said := log.read_text(errors="replace"))) is None:
            assert self.supervisor is not None
            if self.supervisor.poll() is not None or time.monotonic() > deadline:
                raise StackFailed("The stack did not become ready. It said:\n" + "\n".join(said.splitlines()[-20:]))
            time.sleep(0.05)
        return found[1]

    def alive(self) -> bool:
        return self.supervisor is not None and self.supervisor.poll() is None

    def pid(self, role: str) -> int | None:
        """The process of a role, as its supervisor noted it; None while there is none."""
        if role == "broker" and self.own_broker:
            return None if self.server is None or self.server.poll() is not None else self.server.pid
        with suppress(OSError, ValueError, IndexError):
            number, _, known = (self.place.state / "run" / f"{role}.pid").read_text().strip().partition(" ")
            if known and traces.identity(int(number)) == known:
                return int(number)
        return None

    def ready(self, role: str) -> bool:
        if role == "broker":
            return broker.answers(self.socket)
        return self.pid(role) is not None and (self.place.state / "run" / f"{role}.ready").exists()

    def pool(self) -> list[int]:
        """The processes of the pool of worker-cpu."""
        main = self.pid("worker-cpu")
        return [] if main is None else processes.children_of(main)

    def signal(self, role: str, number: signal.Signals) -> bool:
        pid = self.pid(role)
        if pid is None:
            return False
        return send(pid, number)

    def kill_broker(self, *, wipe: bool) -> bool:
        """With its data kept, as an append-only file; or gone with them."""
        if not self.signal("broker", signal.SIGKILL):
            return False
        if wipe:
            shutil.rmtree(self.place.state / "valkey" / "appendonlydir", ignore_errors=True)
        if self.server is not None:
            self.server.wait()
            self.start_broker()
        return True

    def start_broker(self) -> None:
        """Our own one, of the production profile."""
        command = broker.role(self.place.state, self.socket).command
        self.server = subprocess.Popen(
            command,
            env=dict(self.place.environment),
            preexec_fn=partial(lifeline.end_with_parent, os.getpid()),  # noqa: PLW1509
        )
        deadline = time.monotonic() + BROKER_SECONDS
        while not broker.answers(self.socket):
            if time.monotonic() > deadline:
                raise StackFailed(f"The broker does not start: {broker.last_words(self.place.state)}")
            time.sleep(0.02)

    def kill_everything(self) -> None:
        """As if the machine had lost its power; on Linux what is left dies with its supervisor."""
        assert self.supervisor is not None
        for role in (*WORKERS, "web", "beat"):
            if (pid := self.pid(role)) is not None:
                traces.end_group(pid, signal.SIGKILL)
        self.signal("broker", signal.SIGKILL)
        if self.server is not None:
            self.server.wait()
        self.supervisor.kill()
        self.supervisor.wait()

    def stop(self) -> None:
        if self.supervisor is not None:
            end(self.supervisor)
        if self.server is not None:
            self.server.terminate()
            self.server.wait(BROKER_SECONDS)


def send(pid: int, number: signal.Signals) -> bool:
    """False when the process is gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True

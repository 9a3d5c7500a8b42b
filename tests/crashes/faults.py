"""What happens at the crash points of processes under test, said by files in a folder: nobody is restarted for it.

`armed` ("claim.begun kill") happens once, to whoever passes the point first; `held` ("claim.begun") makes everybody
wait there while it exists; while there is a file `passed`, the names of the points that are passed are added to it."""

import os
import signal
import socket
import time
from pathlib import Path
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections

KILL, CONNECTION, ERROR = "kill", "connection", "error"
MODES: Final = (KILL, CONNECTION)


class Faults:
    """The folder as both sides see it: the test writes, the hook of a process reads."""

    def __init__(self, folder: Path) -> None:
        self.armed = folder / "armed"
        self.fired = folder / "fired"
        self.held = folder / "held"
        self.passed = folder / "passed"

    def arm(self, point: str, mode: str) -> None:
        self.fired.unlink(missing_ok=True)
        _write(self.armed, f"{point} {mode}")

    def hold(self, point: str) -> None:
        _write(self.held, point)

    def release(self) -> None:
        self.held.unlink()

    def recorded(self) -> list[str]:
        """The points passed since `passed` was made."""
        return self.passed.read_text().split()

    def clear(self) -> None:
        for file in (self.armed, self.fired, self.held):
            file.unlink(missing_ok=True)

    def __call__(self, name: str) -> None:
        """The hook: see executions.crashpoints."""
        if self.passed.exists():
            with self.passed.open("a") as file:
                file.write(f"{name}\n")
        while _read(self.held) == [name]:
            time.sleep(0.02)
        armed = _read(self.armed)
        if armed[:1] == [name] and self._is_mine():
            happen(armed[1])

    def _is_mine(self) -> bool:
        """Only one of the processes that are here can take the file away."""
        try:
            self.armed.rename(self.fired)
        except FileNotFoundError:
            return False
        return True


def happen(mode: str) -> None:
    if mode == KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == ERROR:
        raise RuntimeError("an error of the engine")
    lose_connection()


def lose_connection() -> None:
    """This thread's connection to the database breaks: the next statement, or the commit, finds out."""
    if connection.vendor == "postgresql" and connection.connection is not None:
        with socket.socket(fileno=os.dup(connection.connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)
    else:
        _refuse_what_is_next()


def _refuse_what_is_next() -> None:
    """SQLite has no line that could break, so its disk refuses; a thread that holds no connection gets none."""

    mine = connections[DEFAULT_DB_ALIAS]  # of this thread

    def refused(*_: Any) -> Any:
        mine.execute_wrappers.remove(refused)
        del mine._commit, mine.get_new_connection  # type: ignore[attr-defined]  # not in stubs
        raise OperationalError("disk I/O error")

    mine.execute_wrappers.append(refused)
    vars(mine).update(_commit=refused, get_new_connection=refused)


def _write(file: Path, text: str) -> None:
    """All at once: a reader finds the old content or the new one."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(file)


def _read(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except FileNotFoundError:
        return []

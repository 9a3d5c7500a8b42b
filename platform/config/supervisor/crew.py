"""The children together: watched, restarted when they die, stopped in order. One thread, so that forking is safe."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Self

from config.supervisor.children import Child, in_words
from config.supervisor.output import Lines, say
from config.supervisor.roles import Role

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TURN_SECONDS = 0.5
QUIT_SECONDS, KILL_SECONDS = 2.0, 5.0


class Crew:
    """Signals count how often somebody asked to stop: once is in order, twice is at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children: dict[str, Child] = {}
        self.asked = 0
        self._read, self._write = os.pipe()
        self.lines = Lines(self._read)

    def __enter__(self) -> Self:
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._ask) for number in STOPPING}
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes the loop up
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(self.children)
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self.lines.close()
        os.close(self._write)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1

    def start(self, role: Role) -> Child:
        child = self.children[role.name] = Child(role, self.folder)
        self._start(child)
        return child

    def _start(self, child: Child) -> None:
        try:
            self.lines.follow(child.role.name, child.start().stdout)
        except OSError as wrong:  # a full disk: it may have room again by then
            wait = child.due - time.monotonic()
            say(f"{child.role.name} cannot be started: {wrong.strerror}; trying again in {wait:.1f} s")

    def turn(self, *, restart: bool = True, seconds: float = TURN_SECONDS) -> None:
        """Pass on what was written meanwhile, notice who has died, start again who is due."""
        self.lines.pump(min(seconds, self._until_due()))
        for child in self.children.values():
            code = child.ended()
            if code is not None and restart:
                wait = child.due - time.monotonic()
                say(f"{child.role.name} {in_words(code)}; starting it again in {wait:.1f} s")
            if restart and child.process is None and child.due <= time.monotonic():
                self._start(child)

    def _until_due(self) -> float:
        waits = [child.due - time.monotonic() for child in self.children.values() if child.process is None]
        return max(0.0, min(waits, default=TURN_SECONDS))

    def wait(self, holds: Callable[[], bool], *, seconds: float, restart: bool = False) -> bool:
        deadline = time.monotonic() + seconds
        while not holds() and time.monotonic() < deadline and not self.asked:
            self.turn(restart=restart, seconds=0.02)
        return holds()

    def stop(self, names: Iterable[str]) -> None:
        """TERM, after the grace QUIT, then KILL; together, so that the longest grace is the whole wait."""
        children = [self.children[name] for name in names if self.children[name].process is not None]
        grace = max((child.role.grace for child in children), default=0.0)
        for number, patience in (
            (signal.SIGTERM, grace),
            (signal.SIGQUIT, QUIT_SECONDS),
            (signal.SIGKILL, KILL_SECONDS),
        ):
            for child in children:
                child.send(number)
            self._await_end(children, patience)
        self.lines.pump(0)  # their last words

    def _await_end(self, children: list[Child], patience: float) -> None:
        deadline = time.monotonic() + patience
        while any(child.process for child in children) and time.monotonic() < deadline:
            if self.asked > 1 and patience != KILL_SECONDS:
                return
            self.turn(restart=False, seconds=min(TURN_SECONDS, max(0.0, deadline - time.monotonic())))

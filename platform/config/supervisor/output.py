"""Lines of children and of the supervisor itself, one after the other, each with the name of who said it."""

import os
import selectors
import sys
from typing import IO

CHUNK = 64 * 1024


def say(text: str) -> None:
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError:
        # Nobody reads any more. The work goes on, and what is said goes nowhere.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class Lines:
    """The pipes of the children. `pump` returns when something was read, a signal came, or the time is over."""

    def __init__(self, wakeup: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._wakeup = wakeup
        self._selector.register(wakeup, selectors.EVENT_READ)
        self._begun: dict[IO[bytes], bytes] = {}
        self._names: dict[IO[bytes], str] = {}

    def follow(self, name: str, pipe: IO[bytes] | None) -> None:
        if pipe is not None:
            os.set_blocking(pipe.fileno(), False)
            self._names[pipe] = name
            self._begun[pipe] = b""
            self._selector.register(pipe, selectors.EVENT_READ, data=pipe)

    def pump(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                os.read(key.fd, CHUNK)
            else:
                self._read(key.data)

    def close(self) -> None:
        for pipe in self._names:
            pipe.close()
        self._selector.close()
        os.close(self._wakeup)

    def _read(self, pipe: IO[bytes]) -> None:
        chunk = os.read(pipe.fileno(), CHUNK)
        *lines, rest = (self._begun[pipe] + chunk).split(b"\n")
        if not chunk or len(rest) > CHUNK:
            lines, rest = [*lines, rest], b""
        for line in lines:
            if line.strip():
                say(f"{self._names[pipe]:>10} | {line.decode(errors='replace').rstrip()}")
        self._begun[pipe] = rest
        if not chunk:
            self._selector.unregister(pipe)
            del self._names[pipe], self._begun[pipe]
            pipe.close()

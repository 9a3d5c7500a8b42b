"""The processes of an installation under test: workers that are started again when killed, and whoever starts runs."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from celery import current_app

from tests import stack
from tests.crashes.nursery import WORKERS, ready

SWEEPS: Final = 0.25  # seconds from one to the next


class HandLost(Exception):
    """The process that was asked was killed before it answered."""


class Crew:
    """Workers, and whoever starts runs; beat is a clock in this process."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        self.environment = stack.environment() | variables
        self._nursery: stack.Process | None = None
        self._ended = threading.Event()
        self._beat = threading.Thread(target=self._clock)
        self._hand: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.crashes.nursery", str(self.folder)]
        environment = self.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        self._nursery = stack.process(command, env=environment)
        stack.eventually(lambda: all(ready(self.folder, name).exists() for name in WORKERS), within=60)
        self._beat.start()
        self._hand = self._hired()

    def end(self) -> None:
        self._ended.set()
        if self._beat.ident is not None:
            self._beat.join()
        if self._hand is not None:
            self._hand.communicate()
        if self._nursery is not None:
            with stack.ended(self._nursery):
                self._nursery.terminate()

    def ask(self, **order: Any) -> str:
        """Have a run started or stopped by another process. Raises HandLost when it dies of it."""
        hand = self._hand
        assert hand is not None
        assert hand.stdin is not None
        assert hand.stdout is not None
        hand.stdin.write(json.dumps(order) + "\n")
        hand.stdin.flush()
        answer: dict[str, str] = json.loads(hand.stdout.readline())
        if "killed" in answer:
            raise HandLost
        assert "error" not in answer, answer
        return answer["answer"]

    def _hired(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.crashes.hand"]
        environment = self.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        hand = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert hand.stdout is not None
        assert "ready" in hand.stdout.readline()
        return hand

    def _clock(self) -> None:
        """What beat does."""
        while not self._ended.wait(SWEEPS):
            current_app.tasks["executions.tasks.sweep"].apply_async(retry=False, ignore_result=True)


@contextlib.contextmanager
def crew(folder: Path, **variables: str) -> Iterator[Crew]:
    made = Crew(folder, variables)
    try:
        made.start()
        yield made
    finally:
        made.end()

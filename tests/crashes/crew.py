"""The processes of an installation under test, kept alive as a supervisor would: who is killed is started again."""

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

# Name → queues, pool, size. While one of two is started again the other one goes on.
WORKERS: Final = {
    "threads-1": ("io", "threads", "4"),
    "threads-2": ("io", "threads", "4"),
    "processes": ("cpu,engine", "prefork", "2"),
}
SWEEPS: Final = 0.25  # seconds from one to the next


class HandLost(Exception):
    """The process that was asked was killed before it answered."""


class Crew:
    """Workers, and whoever starts runs; beat is a clock in this process."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder = folder
        self.environment = stack.environment() | variables
        self._workers: dict[str, stack.Process] = {}
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=target) for target in (self._guard, self._clock)]
        self._hand: subprocess.Popen[str] | None = None

    def start(self) -> None:
        for name in WORKERS:
            self._start(name)
        stack.eventually(lambda: all(self._ready(name).exists() for name in WORKERS), within=60)
        for thread in self._threads:
            thread.start()
        self._hand = self._hired()

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        if self._hand is not None:
            self._hand.communicate()
        with contextlib.ExitStack() as ends:
            for process in self._workers.values():
                process.terminate()
                ends.enter_context(stack.ended(process))

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

    def _ready(self, name: str) -> Path:
        return self.folder / f"ready-{name}"

    def _start(self, name: str) -> None:
        self._ready(name).unlink(missing_ok=True)
        queues, pool, size = WORKERS[name]
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-n", f"{name}@crashes", "-Q", queues]
        command += ["-P", pool, "-c", size, "-l", "error"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        environment = self.environment | {"PETIOLE_READY_FILE": str(self._ready(name))}
        self._workers[name] = subprocess.Popen(command, env=environment)

    def _guard(self) -> None:
        while not self._ended.wait(0.05):
            for name, process in list(self._workers.items()):
                if process.poll() is not None:
                    self._start(name)

    def _clock(self) -> None:
        """What beat does."""
        while not self._ended.wait(SWEEPS):
            current_app.tasks["executions.tasks.sweep"].apply_async(retry=False, ignore_result=True)


@contextlib.contextmanager
def crew(folder: Path, **variables: str) -> Iterator[Crew]:
    made = Crew(folder, variables)
    made.start()
    try:
        yield made
    finally:
        made.end()

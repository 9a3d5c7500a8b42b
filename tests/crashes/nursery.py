"""`python -m tests.crashes.nursery FOLDER`: the workers of the crew, kept alive as a supervisor would.

They are forked from this process, which has loaded what they need: a worker that was killed is back in a tenth of the
time that another one takes. All end with this process, however it ends."""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

import django
from django.conf import settings

from blocks import registry
from config import lifeline

# Name → queues, pool, size. While one of two is started again the other one goes on.
WORKERS: Final = {
    "threads-1": ("io", "threads", "4"),
    "threads-2": ("io", "threads", "4"),
    "processes": ("cpu,engine", "prefork", "2"),
}
PATIENCE: Final = 15.0  # seconds for workers that were asked to end


def ready(folder: Path, name: str) -> Path:
    return folder / f"ready-{name}"


class Nursery:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._born: dict[int, str] = {}
        self._ended = False

    def run(self) -> None:
        """Until this process is asked to end."""
        signal.signal(signal.SIGTERM, self._end)
        for name in WORKERS:
            self._bear(name)
        while not self._ended:
            for name in self._buried():
                self._bear(name)
            time.sleep(0.02)
        self._close()

    def _end(self, *_: object) -> None:
        self._ended = True

    def _bear(self, name: str) -> None:
        file, parent = ready(self.folder, name), os.getpid()
        file.unlink(missing_ok=True)
        if child := os.fork():
            self._born[child] = name
            return
        lifeline.end_with_parent(parent)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        settings.READY_FILE = file
        _work(name)

    def _buried(self) -> list[str]:
        """Those that have ended since they were looked at last."""
        names = []
        while self._born and (child := os.waitpid(-1, os.WNOHANG)[0]):
            names.append(self._born.pop(child))
        return names

    def _close(self) -> None:
        self._tell(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while self._born and time.monotonic() < deadline:
            self._buried()
            time.sleep(0.02)
        self._tell(signal.SIGKILL)

    def _tell(self, what: signal.Signals) -> None:
        for child in self._born:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, what)


def _work(name: str) -> None:
    from config.celery import app

    queues, pool, size = WORKERS[name]
    options = ["-n", f"{name}@crashes", "-Q", queues, "-P", pool, "-c", size, "-l", "error"]
    try:
        app.worker_main(["worker", *options, "--without-gossip", "--without-mingle", "--without-heartbeat"])
    finally:
        os._exit(os.EX_OK)  # what this process has inherited is not its own to clean up


def main() -> None:
    django.setup()
    from config.celery import app

    app.loader.import_default_modules()
    app.finalize()
    registry.load()
    from celery.bin import celery, worker  # noqa: F401  what a worker would load

    Nursery(Path(sys.argv[1])).run()


if __name__ == "__main__":
    main()

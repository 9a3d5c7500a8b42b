"""Numbers of several processes in one folder, so that a page can show their sum.

prometheus-client keeps the numbers of each process in files that it maps into memory: what was counted outlives a
process that is killed. Here a process owns a slot of the folder for as long as it lives, by a file lock that the kernel
gives back whatever happens to it. The next process goes on counting in the files of a slot that has become free: no
counter goes backwards, there are never more files than processes, and no process id is taken for another one."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from config.embedded import private_folder, unusable

# Written in full when a slot is first used: a disk that is full later must not kill a process by SIGBUS.
SIZES: Final = {"counter": 1 << 16, "histogram": 1 << 20, "gauge_livesum": 1 << 12, "gauge_livemax": 1 << 12}


class Slots:
    """The folder as one process sees it. `number`: its own slot, 0 until it has taken one."""

    def __init__(self, folder: Path) -> None:
        self.folder = private_folder(folder)
        if self.folder.stat().st_uid != os.getuid():
            raise unusable(folder, PermissionError(0, "it belongs to somebody else"))
        self.number = 0
        self._lock: int | None = None

    def take(self) -> None:
        """Own a free slot; called again after a fork, because a child is not its parent."""
        with self._alone():
            if self._lock is not None:
                os.close(self._lock)  # the parent's, who keeps it by its own descriptor
            taken = [number for number in self._numbers() if not self._is_free(number)]
            if not taken:  # nobody is left of the last time: begin at zero
                for file in self.folder.glob("*.db"):
                    file.unlink()
            number = next(number for number in count(1) if number not in taken)
            self._lock = os.open(self._slot(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._prepare(number)
            self.number = number

    def collect(self) -> list[Any]:
        """Prometheus' metrics, added up. What processes that have ended were doing is no longer being done."""
        from prometheus_client import multiprocess

        collector: Any = multiprocess.MultiProcessCollector  # it has no types

        with self._alone():
            gone = {number for number in self._numbers() if self._is_free(number)}
            files = [file for file in self.folder.glob("*.db") if not (_is_gauge(file) and _number(file) in gone)]
            return list(collector.merge([str(file) for file in files]))

    def _prepare(self, number: int) -> None:
        for prefix, size in SIZES.items():
            file = self.folder / f"{prefix}_{number}.db"
            if _is_gauge(file):
                file.unlink(missing_ok=True)
            if not file.exists():
                with file.open("wb") as empty:
                    empty.write(bytes(size))

    def _slot(self, number: int) -> Path:
        return self.folder / f"{number}.slot"

    def _numbers(self) -> Iterator[int]:
        return (int(file.stem) for file in self.folder.glob("*.slot"))

    def _is_free(self, number: int) -> bool:
        descriptor = os.open(self._slot(number), os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        finally:
            os.close(descriptor)
        return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody takes a slot meanwhile."""
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            # Said, and not left to the closing: a process forked meanwhile has a copy of the descriptor.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


def _is_gauge(file: Path) -> bool:
    return file.name.startswith("gauge")


def _number(file: Path) -> int:
    return int(file.stem.rpartition("_")[2])

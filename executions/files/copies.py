"""Where this process keeps working copies of files: a folder of its own below PETIOLE_FILES.

A process that is killed leaves its folder behind; the next one that begins on this machine removes it. Which process
is alive is told by a lock on a file of its folder, which the system gives up with the process."""

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings

LOCK: Final = ".lock"
_folders: Final[dict[tuple[int, str], Path]] = {}  # a pool process has the memory of the one it was forked from
_making: Final = threading.Lock()


def folder() -> Path:
    """Of this process; it is there."""
    key = os.getpid(), str(settings.MEDIA_ROOT)
    with _making:
        if key not in _folders:
            _folders[key] = _made(Path(settings.MEDIA_ROOT) / "work")
        return _folders[key]


def _made(place: Path) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    with _locked(place / LOCK):
        for other in place.iterdir():
            if other.is_dir() and _is_abandoned(other):
                shutil.rmtree(other, ignore_errors=True)
        own = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=place))
        # never closed: it is held as long as the process lives
        fcntl.flock(os.open(own / LOCK, os.O_CREAT | os.O_RDWR), fcntl.LOCK_EX)
    return own


def _is_abandoned(other: Path) -> bool:
    descriptor = os.open(other / LOCK, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

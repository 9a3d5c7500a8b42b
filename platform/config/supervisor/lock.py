"""The state folder belongs to one supervisor at a time; the kernel takes the lock back when it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import private_folder, unusable
from config.supervisor.errors import CannotStart

PROBE_BYTES = 64 * 1024


@contextmanager
def held(state: Path) -> Iterator[None]:
    """Nobody else supervises this folder meanwhile, and it can be written."""
    private_folder(state)
    try:
        descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as wrong:
        raise unusable(state, wrong) from None
    try:
        _take(descriptor, state)
        _probe(state)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, state: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.read(descriptor, 32).decode().strip() or "unknown"
        raise CannotStart(f"Petiole is already running with the state folder {state} (process {owner}).") from None
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
    except OSError as wrong:
        raise unusable(state, wrong) from None


def _probe(state: Path) -> None:
    """A full disk is noticed here, and not by a broker that dies again and again."""
    probe = state / "probe"
    try:
        probe.write_bytes(bytes(PROBE_BYTES))
    except OSError as wrong:
        raise unusable(state, wrong) from None
    finally:
        probe.unlink(missing_ok=True)

"""Which processes run, and with which commands."""

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# A worker of ours neither looks for others at its start (one second) nor gossips with them: the database knows all.
ALONE = ("--without-mingle", "--without-gossip", "--without-heartbeat")


@dataclass(frozen=True)
class Role:
    """A kind of child. `grace`: how many seconds it may take to end after TERM."""

    name: str
    command: tuple[str, ...]
    grace: float
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()
    says_ready: bool = True


def python(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)


def web(descriptor: int) -> Role:
    return Role(
        name="web",
        command=python("config.serve", "--fd", str(descriptor)),
        grace=8.0,
        environment={"PETIOLE_POOL": os.environ.get("PETIOLE_POOL", "16")},
        descriptors=(descriptor,),
    )


def beat() -> Role:
    return Role(name="beat", command=python("celery", "-q", "-A", "config", "beat", "--pidfile="), grace=4.0)


def workers(state: Path, *, io: int, cpu: int, grace: float) -> tuple[Role, Role]:
    threads = min(io, 16)  # connections to PostgreSQL; a thread gives its own back while a block waits
    return (
        _worker(
            "worker-io",
            state,
            ("-P", "threads", "-c", str(io), "-Q", "io,engine"),
            grace,
            {"PETIOLE_POOL": str(threads)},
        ),
        _worker("worker-cpu", state, ("-P", "prefork", "-c", str(cpu), "-Q", "cpu"), grace, {}),
    )


def _worker(name: str, state: Path, pool: tuple[str, ...], grace: float, more: Mapping[str, str]) -> Role:
    # Two installations on one machine may share a Redis: node names must differ all the same.
    node = f"{name}.{hashlib.sha256(os.fsencode(state)).hexdigest()[:8]}@%h"
    return Role(
        name=name,
        command=python("celery", "-q", "-A", "config", "worker", "-n", node, *pool, *ALONE),
        grace=grace + 1,  # it gives back by itself what does not end in time
        environment=more,
    )

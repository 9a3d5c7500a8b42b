"""Where a benchmark runs: a state folder, a database and a broker that nobody else uses meanwhile."""

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis

from config import embedded, lifeline
from config.supervisor import broker

MARK = "petiole-bench"
# Both profiles. Limits that share a machine between users are no part of the comparison.
ALWAYS = {
    "PETIOLE_CREDITS": "false",
    "PETIOLE_BLOCK_MODULES": "bench.blocks",
    "PETIOLE_HOSTS": "127.0.0.1",
    "PETIOLE_HTTPS": "false",
    "PETIOLE_LOG_LEVEL": "WARNING",
}
UNLESS_SET = {"PETIOLE_MAX_RUNS_PER_GRAPH": "10000", "PETIOLE_MAX_RUNS_PER_USER": "10000"}


@dataclass(frozen=True)
class Place:
    """`broker`: the server's URL, as redis-py spells it."""

    profile: str
    state: Path
    broker: str


@contextmanager
def own_place() -> Iterator[Place]:
    """The variables of this process say where it is: the settings are read after this, here and by the workers."""
    with ExitStack() as things:
        state = Path(things.enter_context(tempfile.TemporaryDirectory(prefix="petiole-bench-")))
        database, server = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
        os.environ.pop("BROKER_URL", None)
        if database and not server:
            sys.exit("DATABASE_URL is set and REDIS_URL is not: name an empty Redis database to measure with.")
        if database and server:
            os.environ["DATABASE_URL"] = things.enter_context(_own_database(database))
            things.enter_context(own_redis(server))
        else:
            server = things.enter_context(_own_server(state))
        os.environ["REDIS_URL"] = server
        os.environ.update(ALWAYS | {"PETIOLE_STATE": str(state), "PETIOLE_SECRET_KEY": secrets.token_urlsafe(48)})
        for name, value in UNLESS_SET.items():
            os.environ.setdefault(name, value)
        yield Place("production" if database else "embedded", state, server)


@contextmanager
def _own_database(url: str) -> Iterator[str]:
    """A database beside the named one, dropped at the end."""
    parts = urlsplit(url)
    name = f"petiole_bench_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def own_redis(url: str) -> Iterator[None]:
    """The named Redis database, if it is empty: queues have names, and workers of others would take our messages."""
    with redis.Redis.from_url(url) as server:
        if server.dbsize() and not server.exists(MARK):
            number = server.connection_pool.connection_kwargs.get("db", 0)
            sys.exit(f"Redis database {number} of REDIS_URL is in use: name an empty one, as in redis://HOST:6379/15.")
        server.flushdb()
        server.set(MARK, os.getpid())
        try:
            yield
        finally:
            server.flushdb()


@contextmanager
def _own_server(state: Path) -> Iterator[str]:
    """The embedded broker, as `manage.py up` starts it."""
    listener = embedded.socket_path(state)
    command = broker.role(state, listener).command
    with subprocess.Popen(command, preexec_fn=partial(lifeline.end_with_parent, os.getpid())) as process:  # noqa: PLW1509  no threads yet
        try:
            _await(listener)
            yield f"unix://{listener}"
        finally:
            process.terminate()


def _await(listener: Path) -> None:
    deadline = time.monotonic() + 10
    while not broker.answers(listener):
        if time.monotonic() > deadline:
            sys.exit("The broker does not answer.")
        time.sleep(0.02)

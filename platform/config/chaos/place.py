"""Where chaos happens: a state folder, a database and a broker that nobody else uses."""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg

from config.embedded import socket_path

OURS: Final = "petiole-chaos"  # the name under which this process is connected: it does not kill itself
# What differs from the defaults, and why.
DIFFERENT: Final[Mapping[str, tuple[str, str]]] = {
    "PETIOLE_MAX_ATTEMPTS": ("1000", "a node may lose its worker more often than any real one would"),
    "PETIOLE_REPUBLISH_SECONDS": ("5", "messages are lost all the time, and the end is awaited"),
    "PETIOLE_MAX_RUNS_PER_GRAPH": ("10000", "all runs belong to one user"),
    "PETIOLE_MAX_RUNS_PER_USER": ("10000", "all runs belong to one user"),
    "PETIOLE_STARTS_PER_MINUTE": ("0", "all runs belong to one user"),
    "PETIOLE_SHUTDOWN_SECONDS": ("3", "workers are told to end all the time"),
    "PETIOLE_CREDITS": ("true", "the ledger is compared"),
    "PETIOLE_BLOCK_MODULES": ("config.chaos.blocks", "slow, failing and paid blocks"),
}
_QUIET: Final = {"PETIOLE_HOSTS": "127.0.0.1,localhost", "PETIOLE_HTTPS": "false", "PETIOLE_LOG_LEVEL": "INFO"}


@dataclass
class Place:
    """`environment`: that of the stack. `kept`: the folder is to be looked at afterwards."""

    profile: str
    folder: Path
    environment: Mapping[str, str]
    kept: bool = field(default=False)

    @property
    def state(self) -> Path:
        return self.folder / "state"


@contextmanager
def own_place() -> Iterator[Place]:
    """The variables of this process say where it is afterwards: the settings are read inside."""
    with ExitStack() as things:
        folder = Path(tempfile.mkdtemp(prefix="petiole-chaos-")).resolve()
        state = folder / "state"
        environment = _clean(os.environ) | _QUIET | {name: value for name, (value, _) in DIFFERENT.items()}
        environment |= {"PETIOLE_STATE": str(state), "PETIOLE_SECRET_KEY": secrets.token_urlsafe(48)}
        own = environment | {"PETIOLE_LOG_LEVEL": "WARNING"}
        database = os.environ.get("DATABASE_URL", "").strip()
        if database:
            scratch = things.enter_context(_own_database(database))
            server = {"REDIS_URL": f"unix://{socket_path(state)}"}
            environment |= server | {"DATABASE_URL": scratch}
            own |= server | {"DATABASE_URL": _named(scratch)}
        place = Place("production" if database else "embedded", folder, environment)
        for name in set(os.environ) - set(own):
            del os.environ[name]
        os.environ.update(own)
        try:
            yield place
        finally:
            if not place.kept:
                shutil.rmtree(folder, ignore_errors=True)
            if socket_path(state).parent != state:  # elsewhere when the path is long
                shutil.rmtree(socket_path(state).parent, ignore_errors=True)


def _clean(variables: Mapping[str, str]) -> dict[str, str]:
    """Nobody's servers, nobody's settings."""
    servers = {"DATABASE_URL", "REDIS_URL", "BROKER_URL"}
    kept = {name: text for name, text in variables.items() if not name.startswith("PETIOLE_") and name not in servers}
    return kept | {"DJANGO_SETTINGS_MODULE": "config.settings"}


def _named(url: str) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | {"application_name": OURS}
    return urlunsplit(parts._replace(query=urlencode(query)))


@contextmanager
def _own_database(url: str) -> Iterator[str]:
    """A database beside the named one, dropped at the end."""
    parts = urlsplit(url)
    name = f"petiole_chaos_{os.getpid()}"
    try:
        server = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as wrong:
        sys.exit(f"The database of DATABASE_URL does not answer: {str(wrong).strip()}")
    with server:
        server.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())

"""The settings of a connection, for PostgreSQL and for SQLite: what differs between them is here and nowhere else."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Connection = dict[str, Any]
# psycopg prepares nothing by itself, however often it is sent, and what it is asked to (executions.statements).
_OPTIONS = {"connect_timeout": "10", "application_name": "petiole", "prepare_threshold": 1_000_000}


def postgresql(text: str) -> Connection:
    """A PostgreSQL URL as Django's connection settings; query parameters become libpq options."""
    url = urlsplit(text)
    if url.scheme not in {"postgres", "postgresql"}:
        raise ValueError("use postgresql://USER:PASSWORD@HOST:PORT/NAME")
    name = unquote(url.path.lstrip("/"))
    if not name:
        raise ValueError("the database name is missing: postgresql://USER:PASSWORD@HOST:PORT/NAME")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "OPTIONS": _OPTIONS | dict(parse_qsl(url.query)),
    }


def sqlite(state: Path) -> Connection:
    """The embedded database. IMMEDIATE: a writer waits for its turn at BEGIN; a late upgrade of a lock would fail."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": state / "petiole.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        "TEST": {"NAME": state / "test.sqlite3"},
    }


def kept_open(connection: Connection, *, pool: int) -> Connection:
    """Connections that outlive a task or a request: in a pool for processes with many threads, else one per thread."""
    if connection["ENGINE"].endswith("sqlite3"):
        return connection | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False}
    if pool:
        options = connection["OPTIONS"] | {"pool": {"min_size": 1, "max_size": pool, "timeout": 30}}
        # A connection is tried before it is given out: after a restart of the database every one of them is dead, and
        # a request is not repeated as the steps of the engine are.
        return connection | {"OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
    return connection | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}

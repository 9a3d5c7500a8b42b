"""What can happen to a database: SQLite's one writer takes its time; PostgreSQL ends connections."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from django.db import connection

from config.chaos.place import OURS

PATIENCE_SECONDS = 3.0


def locked(state: Path) -> Callable[[], None] | None:
    """Somebody writes, and does not end. Answers how to end it; None when the lock could not be had."""
    writer = sqlite3.connect(state / "petiole.sqlite3", timeout=PATIENCE_SECONDS, isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        writer.close()
        return None
    return writer.close  # rolls back


def end_connections(share: float) -> int:
    """End a share of the connections to our scratch database, but none of this process; the number of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name <> %s AND random() < %s",
            [OURS, share],
        )
        (ended,) = cursor.fetchone()
    return int(ended)

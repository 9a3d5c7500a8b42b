"""Whether this version of the program fits the tables it finds. One that does not is kept from touching them."""

import logging
import time
from dataclasses import dataclass
from typing import Final

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

log = logging.getLogger(__name__)

SHOWN: Final = 3
ONCE_MORE_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Fit:
    """Sentences, each empty when all is well. `older`, `newer`: how the tables are, seen from the program."""

    older: str = ""
    newer: str = ""

    @property
    def problem(self) -> str:
        return self.newer or self.older


def fit() -> Fit:
    """Raises DatabaseError when the database does not answer."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    ours = {config.label for config in apps.get_app_configs()} & loader.migrated_apps
    unknown = [name for name in loader.applied_migrations if name[0] in ours and name not in loader.disk_migrations]
    missing = [(one.app_label, one.name) for one, _ in executor.migration_plan(loader.graph.leaf_nodes())]
    newer = (
        f"The tables belong to a newer version of Petiole (unknown migrations: {_named(unknown)}). "
        "Start that version; this one has changed nothing."
    )
    older = f"The tables belong to an older version of Petiole (missing migrations: {_named(missing)}). "
    return Fit(older=f"{older}Run `manage.py migrate`." if missing else "", newer=newer if unknown else "")


def _named(migrations: list[tuple[str, str]]) -> str:
    names = [f"{label}.{name}" for label, name in sorted(migrations)]
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def insist() -> None:
    """Before a process begins to work: ends it with a sentence when it does not fit, waits for a database that is
    away."""
    while True:
        try:
            problem = fit().problem
        except DatabaseError as lost:
            log.warning("waiting for the database: %s", str(lost).strip())
            connection.close()
            time.sleep(ONCE_MORE_SECONDS)
            continue
        connection.close()
        if problem:
            raise SystemExit(problem)
        return


class Watch:
    """Says whether the program fits, again and again: one small query as long as no migration is applied."""

    def __init__(self) -> None:
        self._seen: int | None = None
        self._problem = ""

    def problem(self) -> str:
        applied = MigrationRecorder(connection).migration_qs
        newest = applied.order_by("-id").values_list("id", flat=True).first() or 0
        if newest != self._seen:
            self._problem, self._seen = fit().problem, newest
        return self._problem

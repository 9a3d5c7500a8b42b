"""How statements of the hot path are sent. PostgreSQL takes them with their values apart; it reads and plans those that
are kept once for a connection. What Django binds itself is another text, and another plan, every time.

A plan that was made while a table was small may be a bad one when it has grown. So only what names its rows by their
keys is kept, written such that no other index comes into question, and after some thousand statements it is planned
anew, whether statistics were gathered meanwhile or not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any, Final

from django.conf import settings
from django.db import connection

PLANS_LAST: Final = 5000  # statements of this process
_SENT: Final = count()


def rows_of(text: str, values: Sequence[Any], *, kept: bool = False) -> list[tuple[Any, ...]]:
    """What the statement answers. `kept`: it is one of few, and has one good plan whatever the values and sizes are."""
    with _cursor(kept=kept) as cursor:
        cursor.execute(text, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()  # to the end: SQLite commits a statement when it has been read
    return rows


def changed_by(text: str, values: Sequence[Any], *, kept: bool = False) -> int:
    """How many rows the statement has changed."""
    with _cursor(kept=kept) as cursor:
        cursor.execute(text, values)
        return int(cursor.rowcount)


@contextmanager
def _cursor(*, kept: bool) -> Iterator[Any]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and settings.PREPARED_STATEMENTS:
            # Django's wrapper stays around it: it translates errors and tells who listens to statements
            cursor.cursor = _binding()(connection.connection, kept=kept)
        yield cursor


@cache
def _binding() -> Any:
    """psycopg is loaded by who uses PostgreSQL."""
    import psycopg

    class Binding(psycopg.Cursor[Any]):
        """Sends values apart from the text."""

        def __init__(self, of: Any, *, kept: bool) -> None:
            super().__init__(of)
            self._kept = kept

        def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
            if self._kept:  # another text is another plan
                query = f"{query} /* {next(_SENT) // PLANS_LAST} */"
            return super().execute(query, params, prepare=self._kept, **how)

    return Binding

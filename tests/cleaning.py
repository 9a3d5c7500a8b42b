"""What a test has committed is removed after it, in a tenth of the time that Django's own way takes: that empties a
hundred tables of which a test has filled ten, and has every migrated application fill its tables again."""

from functools import cache
from typing import Final

from django.db import connection, transaction
from django.test import TransactionTestCase

from scheduling.system import ensure_system_jobs

KEPT: Final = {"django_content_type", "auth_permission"}  # made from the models: the same for every test
# A trigger keeps anybody from deleting there.
APPEND_ONLY: Final = {"audit_entry"}


def take_over() -> None:
    TransactionTestCase._fixture_teardown = _clean  # type: ignore[attr-defined]  # not in stubs


def _clean(_: TransactionTestCase) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_which_are_filled())
        for (table,) in cursor.fetchall():
            truncated = table in APPEND_ONLY and connection.vendor == "postgresql"
            cursor.execute(f"{'TRUNCATE' if truncated else 'DELETE FROM'} {connection.ops.quote_name(table)}")
        ensure_system_jobs()


@cache
def _which_are_filled() -> str:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    quoted = [(table, connection.ops.quote_name(table)) for table in sorted(tables) if table not in KEPT]
    return " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {name})" for table, name in quoted)

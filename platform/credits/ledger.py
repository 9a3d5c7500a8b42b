"""The statements under the services: a balance moves by compare-and-set, and every movement leaves its row."""

from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from credits.models import Balance, CreditTransaction

_BALANCE = Balance._meta.db_table
_LEDGER = CreditTransaction._meta.db_table
# A charge stands while no refund has ended its cycle.
_STANDS = f"""
    EXISTS (SELECT 1 FROM {_LEDGER} charge
            WHERE charge.node_execution_id = %s AND charge.kind = %s AND charge.type = 'USAGE'
              AND NOT EXISTS (SELECT 1 FROM {_LEDGER} refund
                              WHERE refund.node_execution_id = charge.node_execution_id AND refund.kind = charge.kind
                                AND refund.cycle = charge.cycle AND refund.type = 'REFUND'))
"""
_NEXT_CYCLE = f"""
    (SELECT COUNT(*) + 1 FROM {_LEDGER} refund
     WHERE refund.node_execution_id = %s AND refund.kind = %s AND refund.type = 'REFUND')
"""


def _stored(model: type[models.Model], name: str, value: Any) -> Any:
    """A value as this database keeps it (SQLite has no UUIDs and no times)."""
    return model._meta.get_field(name).get_db_prep_save(value, connection)  # type: ignore[union-attr]


def open_balance(user_id: UUID) -> None:
    Balance.objects.bulk_create([Balance(user_id=user_id)], ignore_conflicts=True)


def lock(user_id: UUID) -> Balance:
    """The user's balance, held until the transaction ends (SQLite's IMMEDIATE transaction holds everything anyway)."""
    held = Balance.objects.select_for_update().filter(user_id=user_id)
    row = held.first()
    if row is None:
        open_balance(user_id)
        row = held.get()
    return row


def take(user_id: UUID, amount: int, *, node_execution_id: UUID, kind: str) -> int | None:
    """Take `amount` and answer with the balance; None if it is not there or the charge stands already."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_BALANCE} SET balance = balance - %s, updated_at = %s"
            f" WHERE user_id = %s AND balance >= %s AND NOT {_STANDS} RETURNING balance",
            [
                amount,
                _stored(Balance, "updated_at", timezone.now()),
                _stored(Balance, "user", user_id),
                amount,
                _stored(CreditTransaction, "node_execution_id", node_execution_id),
                kind,
            ],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def put_back(user_id: UUID, amount: int) -> None:
    """Undo a `take` of this transaction whose charge turned out to stand."""
    Balance.objects.filter(user_id=user_id).update(balance=models.F("balance") + amount)


@cache
def _insert(*, opens_cycle: bool) -> str:
    columns = [str(field.column) for field in CreditTransaction._meta.concrete_fields]
    values = [_NEXT_CYCLE if opens_cycle and column == "cycle" else "%s" for column in columns]
    return (
        f"INSERT INTO {_LEDGER} ({', '.join(columns)}) VALUES ({', '.join(values)}) ON CONFLICT DO NOTHING RETURNING id"
    )


def book(row: CreditTransaction, *, opens_cycle: bool = False) -> bool:
    """Add the row; False when a unique key is taken. With `opens_cycle` its cycle is the one after the last refund."""
    row.key = row.key or str(row.id)
    values: list[Any] = []
    for field in CreditTransaction._meta.concrete_fields:
        if opens_cycle and field.name == "cycle":
            values += [_stored(CreditTransaction, "node_execution_id", row.node_execution_id), row.kind]
        else:
            values.append(field.get_db_prep_save(field.pre_save(row, add=True), connection))
    with connection.cursor() as cursor:
        cursor.execute(_insert(opens_cycle=opens_cycle), values)
        return cursor.fetchone() is not None

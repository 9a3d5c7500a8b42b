"""The statements of the hot path, written down once for each model. The ORM spends several times as long on building
them as the database on executing them. Columns, their order and their conversions are asked of the models and of
the database, so a column that is added is carried here too, and both databases get the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import connection, models

from executions.models import GraphExecution, NodeExecution
from executions.states import Status

Row = TypeVar("Row", bound=models.Model)
Convert = Callable[[Any, Any, Any], Any]


class Columns(Generic[Row]):
    """All columns of a model, for one kind of database."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model
        table, quote = model._meta.db_table, connection.ops.quote_name
        self.table = quote(table)
        self._fields = list(model._meta.concrete_fields)
        self._named = {field.attname: field for field in self._fields}
        self._attributes = [field.attname for field in self._fields]
        expressions = [field.get_col(table) for field in self._fields]
        found = [
            (at, expression, [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)])
            for at, expression in enumerate(expressions)
        ]
        self._conversions: list[tuple[int, Any, list[Convert]]] = [one for one in found if one[2]]
        self.names = ", ".join(quote(str(field.column)) for field in self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def given(self, **values: Any) -> list[Any]:
        """Values as the database takes them, in the order in which they are named."""
        return [
            None if value is None else self._named[name].get_db_prep_value(value, connection)
            for name, value in values.items()
        ]

    def read(self, values: Sequence[Any]) -> Row:
        """An instance from the values of a row, in the order of `names`."""
        read = list(values)
        for at, expression, converters in self._conversions:
            for convert in converters:
                read[at] = convert(read[at], expression, connection)
        return self.model.from_db(connection.alias, self._attributes, read)


@cache
def _columns(model: type[Row], vendor: str) -> Columns[Row]:
    return Columns(model)


def columns_of(model: type[Row]) -> Columns[Row]:
    return _columns(model, connection.vendor)


@dataclass(frozen=True)
class Claim:
    """What a claim writes. `durable`: it has to survive a crash of the database server itself; a result that is
    committed later always does, and whatever it rests on with it."""

    execution_id: UUID
    dispatch: int
    token: UUID
    holder: str
    worker_id: UUID | None
    at: datetime
    in_chord: bool
    durable: bool = True


# D10: neither the run nor the topmost one above it is stopped or paused, and the run is at work.
_CLAIM: Final = """
UPDATE {nodes} SET "status" = '{running}', "has_place" = FALSE, "claim_token" = %s, "holder" = %s, "worker_id" = %s,
  "claimed_at" = %s, "in_chord" = %s, "attempt" = "attempt" + 1, "start_time" = COALESCE("start_time", %s)
WHERE "id" = %s AND "dispatch" = %s AND "status" = '{queued}' AND EXISTS (
  SELECT 1 FROM {runs} AS "own" JOIN {runs} AS "root" ON "root"."id" = "own"."root_id"
  WHERE "own"."id" = {nodes}."run_id" AND "own"."status" = '{running}'
    AND "own"."stop_requested_at" IS NULL AND "own"."paused_at" IS NULL
    AND "root"."stop_requested_at" IS NULL AND "root"."paused_at" IS NULL)
RETURNING {names}"""
# Holds for the statement's own transaction: the commit does not wait for the disk.
_NOT_FLUSHED: Final = ", set_config('synchronous_commit', 'off', TRUE)"


@cache
def _claim_text(vendor: str, *, durable: bool) -> str:
    nodes, runs = columns_of(NodeExecution), columns_of(GraphExecution)
    text = _CLAIM.format(
        nodes=nodes.table,
        runs=runs.table,
        names=nodes.names,
        running=Status.RUNNING.value,
        queued=Status.QUEUED.value,
    )
    return text if durable or vendor != "postgresql" else text + _NOT_FLUSHED


def take_claim(claim: Claim) -> NodeExecution | None:
    """One compare-and-set that also reads what is claimed; None when the row is not as a claim needs it."""
    columns = columns_of(NodeExecution)
    values = columns.given(
        claim_token=claim.token,
        holder=claim.holder,
        worker_id=claim.worker_id,
        claimed_at=claim.at,
        in_chord=claim.in_chord,
        start_time=claim.at,
        id=claim.execution_id,
        dispatch=claim.dispatch,
    )
    with connection.cursor() as cursor:
        cursor.execute(_claim_text(connection.vendor, durable=claim.durable), values)
        rows = cursor.fetchall()  # to the end: SQLite commits a statement when it has been read
    return columns.read(rows[0][: len(columns)]) if rows else None

"""The statements of the hot path, written down once for each model. The ORM spends several times as long on building
them as the database on executing them. Columns, their order and their conversions are asked of the models and of
the database, so a column that is added is carried here too, and both databases get the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import DatabaseDefault

from executions.models import GraphExecution, NodeExecution, NodeInput, RunNode
from executions.states import Status

Row = TypeVar("Row", bound=models.Model)
Convert = Callable[[Any, Any, Any], Any]


def quote(name: str | None) -> str:
    return connection.ops.quote_name(str(name))


# As every database takes them: nothing is converted.
_PLAIN: Final = frozenset({int, bool, float, type(None)})
# SQLite bounds the parameters of a statement, PostgreSQL's planner is slow with very many.
_MOST_PARAMETERS: Final = 900


class Columns(Generic[Row]):
    """All columns of a model, for one kind of database."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model
        table = model._meta.db_table
        self.table = quote(table)
        self._fields = list(model._meta.concrete_fields)
        self._named = {field.attname: field for field in self._fields}
        # the database numbers the rows itself, in their order
        self.number = next((field.attname for field in self._fields if isinstance(field, models.AutoField)), None)
        self._written = [(field, field.attname) for field in self._fields if field.attname != self.number]
        self._attributes = [field.attname for field in self._fields]
        expressions = [field.get_col(table) for field in self._fields]
        found = [
            (at, expression, [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)])
            for at, expression in enumerate(expressions)
        ]
        self._conversions: list[tuple[int, Any, list[Convert]]] = [one for one in found if one[2]]
        self.names = ", ".join(quote(field.column) for field in self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def given(self, **values: Any) -> list[Any]:
        """Values as the database takes them, in the order in which they are named."""
        return [
            None if value is None else self._named[name].get_db_prep_value(value, connection)
            for name, value in values.items()
        ]

    def of(self, row: Row) -> list[Any]:
        """What is stored of a new row. A default of the database is said by us, so that the row knows it too."""
        values = []
        for field, name in self._written:
            value = row.__dict__[name]
            if isinstance(value, DatabaseDefault):
                value = value.expression.value  # type: ignore[attr-defined]  # not in the stubs
                setattr(row, name, value)
            values.append(value if type(value) in _PLAIN else field.get_db_prep_save(value, connection))
        return values

    def insertion(self, rows: int) -> str:
        names = ", ".join(quote(field.column) for field, _ in self._written)
        places = f"({', '.join(['%s'] * len(self._written))})"
        text = f"INSERT INTO {self.table} ({names}) VALUES {', '.join([places] * rows)}"
        return text if self.number is None else f"{text} RETURNING {quote(self.number)}"

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


def insert_rows(rows: Sequence[models.Model]) -> None:
    """New rows of one model, complete and in this order. Needs a transaction."""
    if not rows:
        return
    columns = columns_of(type(rows[0]))
    most = max(1, _MOST_PARAMETERS // len(columns))
    with connection.cursor() as cursor:
        for begin in range(0, len(rows), most):
            _insert(cursor, columns, rows[begin : begin + most])


def _insert(cursor: Any, columns: Columns[Any], rows: Sequence[models.Model]) -> None:
    cursor.execute(
        _insert_text(type(rows[0]), connection.vendor, len(rows)), [v for row in rows for v in columns.of(row)]
    )
    numbers = cursor.fetchall() if columns.number is not None else ()
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    for row, (number,) in zip(rows, numbers, strict=False):
        row.pk = number


@lru_cache(maxsize=256)
def _insert_text(model: type[models.Model], vendor: str, rows: int) -> str:
    return columns_of(model).insertion(rows)


_END: Final = """
UPDATE {nodes} SET "status" = %s, "claim_token" = NULL, "holder" = NULL, "wake_pending" = FALSE, "end_time" = %s,
  "walltime" = %s, "cputime" = %s, "extra_cost" = %s, "extra_steps" = %s, "stats" = %s
WHERE "id" = %s AND "claim_token" = %s AND "status" = '{running}'"""


@cache
def _end_text(vendor: str) -> str:
    return _END.format(nodes=columns_of(NodeExecution).table, running=Status.RUNNING.value)


def end_claim(execution_id: UUID, token: UUID, **changes: Any) -> bool:
    """The last write of an attempt, and the proof that it is still the one that may write: False when it is not.

    `changes`: status, end_time, walltime, cputime, extra_cost, extra_steps and stats, in this order."""
    columns = columns_of(NodeExecution)
    with connection.cursor() as cursor:
        cursor.execute(_end_text(connection.vendor), columns.given(**changes, id=execution_id, claim_token=token))
        return bool(cursor.rowcount)


# The partial index of incomplete executions is used because its condition is written out.
_ARRIVE: Final = """
UPDATE {nodes} SET "arrived" = "arrived" + 1 WHERE "status" = '{incomplete}' AND "id" = (
  SELECT "waiting"."id" FROM {nodes} AS "waiting"
  WHERE "waiting"."run_node_id" = %s AND "waiting"."status" = '{incomplete}' AND "waiting"."ordinal" > COALESCE(
    (SELECT MAX("ordinal") FROM {inputs} WHERE "run_node_id" = %s AND "pin" = %s), -1)
  ORDER BY "waiting"."ordinal" LIMIT 1)
RETURNING {names}"""


@cache
def _arrive_text(vendor: str) -> str:
    nodes, inputs = columns_of(NodeExecution), columns_of(NodeInput)
    return _ARRIVE.format(nodes=nodes.table, inputs=inputs.table, names=nodes.names, incomplete=Status.INCOMPLETE.value)


def arrive(run_node_id: int, pin: str) -> NodeExecution | None:
    """The oldest waiting execution of a meeting point that lacks the pin, with one arrival more; those that have the
    pin are all older. Needs the lock of the meeting point."""
    with connection.cursor() as cursor:
        cursor.execute(_arrive_text(connection.vendor), [run_node_id, run_node_id, pin])
        rows = cursor.fetchall()
    return columns_of(NodeExecution).read(rows[0]) if rows else None


@lru_cache(maxsize=64)
def _lock_text(vendor: str, number: int) -> str:
    points = columns_of(RunNode)
    places = ", ".join(["%s"] * number)
    text = (
        f'SELECT {points.names} FROM {points.table} WHERE "run_id" = %s AND "node_id" IN ({places}) ORDER BY "node_id"'
    )
    return f"{text} {connection.ops.for_update_sql(no_key=True)}" if connection.features.has_select_for_update else text


def lock_meetings(run_id: UUID, node_ids: Sequence[UUID]) -> list[RunNode]:
    """The meeting points of these nodes, locked in the order of the nodes until the transaction ends."""
    points = columns_of(RunNode)
    values = points.given(run_id=run_id) + [value for one in node_ids for value in points.given(node_id=one)]
    with connection.cursor() as cursor:
        cursor.execute(_lock_text(connection.vendor, len(node_ids)), values)
        return [points.read(row) for row in cursor.fetchall()]

"""Statements about a run: its admission, its first executions, its end."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection

from executions.models import GraphExecution, NodeExecution
from executions.statements.asking import changed_by, rows_of
from executions.statements.columns import columns_of, locked, quote
from executions.states import OUTSTANDING, RUN_COMES_FROM, Status
from graphs.models import GraphVersion


class Outstanding(NamedTuple):
    """What keeps a run from its end. `nodes`: queued or running; `reviews`: of people; `runs`: below it."""

    nodes: bool
    reviews: bool
    runs: bool


class Totals(NamedTuple):
    """Of the executions of a run that were on a worker."""

    claimed: int
    failed: int
    steps: int
    wall: float
    cpu: float
    own: int
    children: int


_TEXTS: Final = {
    "lock": """SELECT {run_columns} FROM {runs} WHERE "id" = %s""",
    "read": """SELECT {run_columns} FROM {runs} WHERE "id" = %s""",
    "owner": """SELECT "id" FROM {users} WHERE "id" = %s""",
    "running": """
SELECT COUNT(*), COUNT(CASE WHEN "version"."graph_id" = %s THEN 1 END)
FROM {runs} AS "run" JOIN {versions} AS "version" ON "version"."id" = "run"."graph_version_id"
WHERE "run"."user_id" = %s AND "run"."status" = 'RUNNING' AND "run"."parent_id" IS NULL
  AND "run"."paused_at" IS NULL""",
    "waiting": """
SELECT "run"."id", "version"."graph_id"
FROM {runs} AS "run" JOIN {versions} AS "version" ON "version"."id" = "run"."graph_version_id"
WHERE "run"."user_id" = %s AND "run"."status" = 'QUEUED' AND "run"."parent_id" IS NULL
  AND "run"."stop_requested_at" IS NULL AND "run"."paused_at" IS NULL AND "run"."epilogue" = ''
ORDER BY "run"."created_at" LIMIT 100""",
    "unsent": """
SELECT "run"."id", "run"."graph_version_id" FROM {runs} AS "run"
WHERE "run"."user_id" = %s AND "run"."status" = 'RUNNING' AND "run"."paused_at" IS NULL
  AND "run"."stop_requested_at" IS NULL AND EXISTS (
  SELECT 1 FROM {nodes} AS "node"
  WHERE "node"."run_id" = "run"."id" AND "node"."status" = 'QUEUED' AND "node"."published_at" IS NULL)
LIMIT 100""",
    "first": """
UPDATE {nodes} SET "published_at" = %s WHERE "run_id" = %s AND "status" = 'QUEUED' RETURNING {node_columns}""",
    "outstanding": """
SELECT EXISTS (SELECT 1 FROM {nodes} WHERE "run_id" = %s AND "status" IN ({outstanding})),
  EXISTS (SELECT 1 FROM {nodes} WHERE "run_id" = %s AND "status" = 'REVIEW'),
  EXISTS (SELECT 1 FROM {runs} WHERE "parent_id" = %s AND "ended_at" IS NULL)""",
    "totals": """
SELECT COUNT(*), COUNT(CASE WHEN "status" = 'FAILED' THEN 1 END), COALESCE(SUM("extra_steps"), 0),
  COALESCE(SUM("walltime"), 0.0), COALESCE(SUM("cputime"), 0.0), COALESCE(SUM("cost"), 0),
  COALESCE(SUM("extra_cost"), 0)
FROM {nodes} WHERE "run_id" = %s AND "start_time" IS NOT NULL""",
}
_LOCKS: Final = {"lock", "owner"}
_BY_KEY: Final = _LOCKS | {"read"}


@cache
def _text(name: str, vendor: str) -> str:
    runs, nodes = columns_of(GraphExecution), columns_of(NodeExecution)
    text = _TEXTS[name].format(
        runs=runs.table,
        run_columns=runs.names,
        nodes=nodes.table,
        node_columns=nodes.names,
        versions=columns_of(GraphVersion).table,
        users=quote(get_user_model()._meta.db_table),
        outstanding=", ".join(f"'{status.value}'" for status in sorted(OUTSTANDING)),
    )
    return locked(text) if name in _LOCKS else text


def _rows(name: str, values: Sequence[Any]) -> list[Any]:
    return rows_of(_text(name, connection.vendor), values, kept=name in _BY_KEY)


def lock_run(run_id: UUID) -> GraphExecution | None:
    return _run("lock", run_id)


def read_run(run_id: UUID) -> GraphExecution | None:
    return _run("read", run_id)


def _run(name: str, run_id: UUID) -> GraphExecution | None:
    columns = columns_of(GraphExecution)
    rows = _rows(name, columns.given(id=run_id))
    return columns.read(rows[0]) if rows else None


def lock_owner(user_id: UUID) -> None:
    _rows("owner", _user(user_id))


def running_beside(user_id: UUID, graph_id: UUID) -> tuple[int, int]:
    """How many runs of the user are running, and how many of those are of the graph; what is paused does not count."""
    [(of_user, of_graph)] = _rows("running", [*columns_of(GraphVersion).given(graph_id=graph_id), *_user(user_id)])
    return of_user, of_graph


def waiting_runs(user_id: UUID) -> list[tuple[UUID, UUID]]:
    """Runs that wait for their admission with their graphs, the oldest first."""
    return [(_uuid(run), _uuid(of)) for run, of in _rows("waiting", _user(user_id))]


def unsent_runs(user_id: UUID) -> list[tuple[UUID, UUID]]:
    """At most a hundred runs of which the window holds something back, with their versions."""
    return [(_uuid(run), _uuid(version)) for run, version in _rows("unsent", _user(user_id))]


def _user(user_id: UUID) -> list[Any]:
    return columns_of(GraphExecution).given(user_id=user_id)


def _uuid(stored: UUID | str) -> UUID:
    """SQLite keeps ids as text."""
    return stored if isinstance(stored, UUID) else UUID(stored)


def first_of(run_id: UUID, at: Any) -> list[NodeExecution]:
    """What is queued of a run when it is admitted. It was queued when the run was: it is published now, not overdue."""
    columns = columns_of(NodeExecution)
    return [columns.read(row) for row in _rows("first", columns.given(published_at=at, run_id=run_id))]


def outstanding_of(run_id: UUID) -> Outstanding:
    [key] = columns_of(GraphExecution).given(id=run_id)
    [found] = _rows("outstanding", [key, key, key])
    return Outstanding(*map(bool, found))


def totals_of(run_id: UUID) -> Totals:
    [sums] = _rows("totals", columns_of(NodeExecution).given(run_id=run_id))
    claimed, failed, steps, wall, cpu, own, children = sums
    # PostgreSQL adds large integers up to decimals
    return Totals(claimed, failed, int(steps), float(wall), float(cpu), int(own), int(children))


@lru_cache(maxsize=64)
def _move_text(vendor: str, status: Status, names: tuple[str, ...]) -> str:
    before = ", ".join(f"'{one.value}'" for one in sorted(RUN_COMES_FROM[status]))
    changes = ", ".join(f"{quote(name)} = %s" for name in ("status", *names))
    condition = f'CASE WHEN "status" IN ({before}) THEN 1 ELSE 0 END = 1'  # as in statements.nodes
    return f'UPDATE {columns_of(GraphExecution).table} SET {changes} WHERE "id" = %s AND {condition}'


def move_run(run_id: UUID, status: Status, **changes: Any) -> bool:
    """Compare and set: False when the run was in no status from which it may make the step."""
    columns = columns_of(GraphExecution)
    text = _move_text(connection.vendor, status, tuple(changes))
    return bool(changed_by(text, columns.given(status=status, **changes, id=run_id), kept=True))

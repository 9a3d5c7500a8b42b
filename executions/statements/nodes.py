"""Statements about node executions and their meeting points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID

from django.db import connection

from executions.models import GraphExecution, NodeExecution, NodeInput, RunNode
from executions.statements.asking import changed_by, rows_of
from executions.statements.columns import columns_of
from executions.states import Status


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


# Written as CASE, what is asked of the row itself names no partial index to PostgreSQL. It would take the one of the
# queued (or held) rows for the key's: small in the statistics, and full of dead entries between two vacuums.
#
# D10: neither the run nor the topmost one above it is stopped or paused, and the run is at work.
_CLAIM: Final = """
UPDATE {nodes} SET "status" = '{running}', "has_place" = FALSE, "claim_token" = %s, "holder" = %s, "worker_id" = %s,
  "claimed_at" = %s, "in_chord" = %s, "attempt" = "attempt" + 1, "start_time" = COALESCE("start_time", %s)
WHERE "id" = %s AND CASE WHEN "dispatch" = %s AND "status" = '{queued}' THEN 1 ELSE 0 END = 1 AND (
  SELECT CASE WHEN "own"."status" = '{running}'
    AND "own"."stop_requested_at" IS NULL AND "own"."paused_at" IS NULL
    AND "root"."stop_requested_at" IS NULL AND "root"."paused_at" IS NULL THEN 1 ELSE 0 END
  FROM {runs} AS "own" JOIN {runs} AS "root" ON "root"."id" = "own"."root_id"
  WHERE "own"."id" = {nodes}."run_id") = 1
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
    rows = rows_of(_claim_text(connection.vendor, durable=claim.durable), values, kept=True)
    return columns.read(rows[0][: len(columns)]) if rows else None


_END: Final = """
UPDATE {nodes} SET "status" = %s, "claim_token" = NULL, "holder" = NULL, "wake_pending" = FALSE, "end_time" = %s,
  "walltime" = %s, "cputime" = %s, "extra_cost" = %s, "extra_steps" = %s, "stats" = %s
WHERE "id" = %s AND CASE WHEN "claim_token" = %s AND "status" = '{running}' THEN 1 ELSE 0 END = 1"""


@cache
def _end_text(vendor: str) -> str:
    return _END.format(nodes=columns_of(NodeExecution).table, running=Status.RUNNING.value)


def end_claim(execution_id: UUID, token: UUID, **changes: Any) -> bool:
    """The last write of an attempt, and the proof that it is still the one that may write: False when it is not.

    `changes`: status, end_time, walltime, cputime, extra_cost, extra_steps and stats, in this order."""
    columns = columns_of(NodeExecution)
    values = columns.given(**changes, id=execution_id, claim_token=token)
    return bool(changed_by(_end_text(connection.vendor), values, kept=True))


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
    rows = rows_of(_arrive_text(connection.vendor), [run_node_id, run_node_id, pin])
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
    rows = rows_of(_lock_text(connection.vendor, len(node_ids)), values)
    return [points.read(row) for row in rows]


@lru_cache(maxsize=256)
def _sent_text(vendor: str, number: int) -> str:
    nodes = columns_of(NodeExecution)
    places = ", ".join(["%s"] * number)
    return f"""
UPDATE {nodes.table} SET "published_at" = %s, "publishes" = 1
WHERE "id" IN ({places}) AND "status" = '{Status.QUEUED.value}' AND "published_at" IS NULL RETURNING {nodes.names}"""


def mark_sent(execution_ids: Sequence[UUID], at: datetime) -> list[UUID]:
    """Those that were unsent until now: whoever marks them sends them, and nobody else does."""
    if not execution_ids:
        return []
    columns = columns_of(NodeExecution)
    values = columns.given(published_at=at) + [value for one in execution_ids for value in columns.given(id=one)]
    rows = rows_of(_sent_text(connection.vendor, len(execution_ids)), values)
    return [columns.read(row).pk for row in rows]

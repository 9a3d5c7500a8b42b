"""The statements of the hot path, written down once for each database. The ORM spends several times as long on building
them as the database on executing them; everything that is not asked for every node or run goes through query sets."""

from executions.statements.columns import insert_rows
from executions.statements.nodes import Claim, arrive, end_claim, lock_meetings, mark_sent, take_claim
from executions.statements.runs import (
    Outstanding,
    Totals,
    first_of,
    lock_owner,
    lock_run,
    move_run,
    outstanding_of,
    read_run,
    running_beside,
    totals_of,
    unsent_runs,
    waiting_runs,
)

__all__ = [
    "Claim",
    "Outstanding",
    "Totals",
    "arrive",
    "end_claim",
    "first_of",
    "insert_rows",
    "lock_meetings",
    "lock_owner",
    "lock_run",
    "mark_sent",
    "move_run",
    "outstanding_of",
    "read_run",
    "running_beside",
    "take_claim",
    "totals_of",
    "unsent_runs",
    "waiting_runs",
]

"""A user's movements as a person reads them: one entry per run, one per anything else, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast

from credits.models import CreditTransaction

Type = CreditTransaction.Type
# A run's entry holds its charges and surcharges, less what was given back.
OF_RUN = Q(graph_exec_id__isnull=False)


@dataclass(frozen=True)
class Entry:
    transaction_key: str
    transaction_time: datetime
    transaction_type: str
    amount: int
    running_balance: int
    description: str
    usage_execution_id: UUID | None = None
    usage_graph_id: UUID | None = None
    usage_node_count: int = 0
    usage_start_time: datetime | None = None


@dataclass(frozen=True)
class Page:
    transactions: list[Entry]
    next_transaction_time: datetime | None


def page(user_id: UUID, *, limit: int, before: datetime | None = None, type: str | None = None) -> Page:  # noqa: A002
    """Up to `limit` entries whose newest movement is older than `before` (a few more when times are equal)."""
    heads = _heads(user_id, type)
    rows = list((heads.filter(created_at__lt=before) if before else heads)[:limit])
    full = len(rows) == limit
    if full:  # the next page begins at an older time: what shares the last time belongs to this one
        rows += heads.filter(created_at=rows[-1].created_at, id__lt=rows[-1].id)
    runs = _runs(user_id, {row.graph_exec_id for row in rows if row.graph_exec_id})
    entries = [_entry(row, runs.get(row.graph_exec_id)) for row in rows]
    return Page(entries, rows[-1].created_at if full else None)


def _heads(user_id: UUID, type: str | None) -> QuerySet[CreditTransaction]:  # noqa: A002
    """The newest row of each entry, newest first."""
    newer = CreditTransaction.objects.active().filter(
        Q(created_at__gt=OuterRef("created_at")) | Q(id__gt=OuterRef("id")),
        user_id=user_id,
        graph_exec_id=OuterRef("graph_exec_id"),
        created_at__gte=OuterRef("created_at"),  # what bounds the search in the index
    )
    heads = CreditTransaction.objects.active().filter(~OF_RUN | ~Exists(newer), user_id=user_id)
    if type == Type.USAGE:
        heads = heads.filter(Q(type=type) | OF_RUN)
    elif type:
        heads = heads.filter(~OF_RUN, type=type)
    return heads.order_by("-created_at", "-id")


def _runs(user_id: UUID, run_ids: set[UUID]) -> dict[UUID | None, dict[str, Any]]:
    nodes = Count("id", filter=Q(node_execution_id__isnull=False, type=Type.USAGE))
    returned = Count("id", filter=Q(node_execution_id__isnull=False, type=Type.REFUND))
    rows = CreditTransaction.objects.active().filter(user_id=user_id, graph_exec_id__in=run_ids).order_by()
    sums = rows.values("graph_exec_id").annotate(
        total=Sum("amount"),
        charged=nodes,
        returned=returned,
        start=Min("created_at"),
        graph=Max(Cast("graph_id", CharField())),
    )
    return {run["graph_exec_id"]: dict(run) for run in sums}


def _entry(row: CreditTransaction, run: dict[str, Any] | None) -> Entry:
    if run is None:
        said = row.metadata.get("reason") or row.metadata.get("charge") or row.get_type_display()
        return Entry(row.key, row.created_at, row.type, row.amount, row.running_balance, str(said))
    graph_id = UUID(run["graph"]) if run["graph"] else None
    return Entry(
        transaction_key=str(row.graph_exec_id),
        transaction_time=row.created_at,
        transaction_type=Type.USAGE,
        amount=run["total"],
        running_balance=row.running_balance,
        description=f"Graph #{str(graph_id or row.graph_exec_id)[:8]} Execution",
        usage_execution_id=row.graph_exec_id,
        usage_graph_id=graph_id,
        usage_node_count=run["charged"] - run["returned"],
        usage_start_time=run["start"],
    )

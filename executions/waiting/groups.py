"""The node executions of a run that have not ended, counted by what they wait for: two queries for any number."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, CharField, Count, Min, When
from django.db.models.functions import Cast, Coalesce

from executions.models import NodeExecution
from executions.querysets import NodeExecutionQuerySet
from executions.states import OUTSTANDING, Status, Waits
from executions.waiting.reasons import MOST, Kind
from executions.window import queue_of
from executions.wording import name_of
from graphs.plan import Plan

UNFINISHED: Final = [Status.INCOMPLETE, Status.REVIEW, *OUTSTANDING]
NAMED: Final = 3
_WAITS: Final = {
    Waits.TIMER: Kind.TIMER,
    Waits.RUN: Kind.RUN,
    Waits.BACKOFF: Kind.BACKOFF,
    Waits.LEASE: Kind.LEASE,
    Waits.CALLS: Kind.CALLS,
}


@dataclass
class Group:
    """Executions that wait for the same thing. `oldest`: the id of the one that was made first."""

    kind: Kind
    nodes: list[UUID]
    count: int
    since: datetime | None
    until: datetime | None
    oldest: UUID
    worker_id: UUID | None = None
    queue: str | None = None
    example: NodeExecution | None = field(default=None, compare=False)

    def add(self, other: "Group") -> None:
        self.nodes += [node for node in other.nodes if node not in self.nodes]
        self.count += other.count
        self.since = min(filter(None, (self.since, other.since)), default=None)
        self.until = min(filter(None, (self.until, other.until)), default=None)
        self.oldest = min(self.oldest, other.oldest)

    def who(self, plan: Plan) -> str:
        """Names of the nodes, as the subject of a sentence."""
        names = [f"“{name_of((node := plan.nodes[pk]).block_id, node.metadata)}”" for pk in self.nodes[:NAMED]]
        if self.count == 1:
            return names[0]
        if len(self.nodes) == 1:
            return f"{self.count} executions of {names[0]}"
        more = len(self.nodes) - len(names)
        last = f"{more} more nodes" if more > 1 else "one more node" if more else names.pop()
        return f"{self.count} executions of {', '.join(names)} and {last}"


def groups_of(nodes: NodeExecutionQuerySet, plan: Plan) -> list[Group]:
    """At most MOST of them, each with its oldest execution."""
    rows = [_group(row, plan) for row in _counted(nodes)]
    found = _merged(rows, lambda one: (one.kind, one.queue or one.worker_id, _node(one)))
    if len(found) > MOST:
        found = _merged(found, lambda one: (one.kind, one.queue or one.worker_id))
    found = found[:MOST]
    examples = nodes.filter(pk__in=[group.oldest for group in found])
    by_id = {one.pk: one for one in examples.only("node", "holder", "failures", "stats")}
    for group in found:
        group.example = by_id.get(group.oldest)
    return found


def _counted(nodes: NodeExecutionQuerySet) -> Iterable[dict[str, Any]]:
    began = Coalesce("claimed_at", "start_time")
    arrived, queued = When(status=Status.INCOMPLETE, then="add_time"), When(status=Status.QUEUED, then="queue_time")
    since = Case(arrived, queued, default=began)
    rows: Iterable[Any] = (
        nodes.filter(status__in=UNFINISHED)
        .order_by()
        .values("status", "waits_for", "node_id", "worker_id")
        # as text: PostgreSQL knows no smallest UUID
        .annotate(count=Count("pk"), since=Min(since), until=Min("wakes_at"), oldest=Min(Cast("pk", CharField())))
        .order_by("since")
    )
    return rows


def _group(row: dict[str, Any], plan: Plan) -> Group:
    kind = _kind(row["status"], row["waits_for"])
    return Group(
        kind=kind,
        nodes=[row["node_id"]],
        count=row["count"],
        since=row["since"],
        until=row["until"],
        oldest=UUID(row["oldest"]),
        worker_id=row["worker_id"] if kind is Kind.WORKER else None,
        queue=queue_of(plan.version_id, row["node_id"]) if kind is Kind.QUEUE else None,
    )


def _kind(status: str, waits_for: str | None) -> Kind:
    match status:
        case Status.INCOMPLETE:
            return Kind.VALUES
        case Status.REVIEW:
            return Kind.REVIEW
        case Status.QUEUED:
            return Kind.QUEUE
        case _:
            return Kind.WORKER if waits_for is None else _WAITS[Waits(waits_for)]


def _node(one: Group) -> UUID | None:
    """What is queued, or lacks values, is told together; the rest node by node."""
    return None if one.kind in {Kind.QUEUE, Kind.VALUES} else one.nodes[0]


def _merged(groups: Iterable[Group], key: Callable[[Group], Any]) -> list[Group]:
    merged: dict[Any, Group] = {}
    for group in groups:
        if (known := merged.setdefault(key(group), group)) is not group:
            known.add(group)
    return list(merged.values())

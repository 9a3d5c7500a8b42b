"""How often the nodes of a version ran in its last runs, and what they cost: added up by the database when asked."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db.models import Count, Max, Sum

from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from graphs.models import GraphVersion

RUNS: Final = 20


@dataclass(frozen=True)
class Before:
    """Of one node: executions in a run, and credits for one of them."""

    fewest: int
    mean: float
    most: int
    average: float
    dearest: int


@dataclass(frozen=True)
class History:
    runs: int
    nodes: dict[UUID, Before] = field(default_factory=dict)


NONE: Final = Before(0, 0.0, 0, 0.0, 0)


def before(version: GraphVersion) -> History:
    """The last runs that completed; those that did not say nothing of a whole run."""
    completed = GraphExecution.objects.filter(graph_version=version, status=Status.COMPLETED)
    ids = list(completed.order_by("-created_at").values_list("pk", flat=True)[:RUNS])
    if not ids:
        return History(0)
    executions = NodeExecution.objects.of_runs(ids).claimed().order_by()
    rows = executions.values("node_id", "run_id").annotate(times=Count("pk"), credits=Sum("cost"), dearest=Max("cost"))
    by_node: dict[UUID, list[tuple[int, int, int]]] = {}
    for row in rows:
        by_node.setdefault(row["node_id"], []).append((row["times"], row["credits"], row["dearest"]))
    return History(len(ids), {node_id: _summed(found, len(ids)) for node_id, found in by_node.items()})


def _summed(found: list[tuple[int, int, int]], runs: int) -> Before:
    times = [one for one, _, _ in found]
    return Before(
        fewest=0 if len(found) < runs else min(times),
        mean=sum(times) / runs,
        most=max(times),
        average=sum(cost for _, cost, _ in found) / sum(times),
        dearest=max(dearest for _, _, dearest in found),
    )

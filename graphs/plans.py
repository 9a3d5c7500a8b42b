"""Plans of stored versions, compiled once per process: a version never changes."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Final
from uuid import UUID

from django.db.models import Q

from blocks import registry
from graphs.errors import GraphNotFound
from graphs.models import GraphVersion, Link, Node
from graphs.plan import LinkRow, NodeRow, Plan, compile_plan

KEPT_NODES: Final = 100_000


class _Kept:
    """The plans used last, as many as hold KEPT_NODES nodes together."""

    def __init__(self) -> None:
        self._plans: OrderedDict[UUID, Plan] = OrderedDict()
        self._nodes = 0
        self._lock = Lock()

    def get(self, version_id: UUID) -> Plan | None:
        with self._lock:
            plan = self._plans.get(version_id)
            if plan is not None:
                self._plans.move_to_end(version_id)
            return plan

    def put(self, plan: Plan) -> None:
        with self._lock:
            if plan.version_id in self._plans:
                return
            self._plans[plan.version_id] = plan
            self._nodes += len(plan.nodes)
            while self._nodes > KEPT_NODES and len(self._plans) > 1:
                _, oldest = self._plans.popitem(last=False)
                self._nodes -= len(oldest.nodes)

    def clear(self) -> None:
        with self._lock:
            self._plans.clear()
            self._nodes = 0


kept: Final = _Kept()


def plan_of(version_id: UUID) -> Plan:
    """The plan of a version: from memory, else three queries."""
    plan = kept.get(version_id) or plans_of([version_id]).get(version_id)
    if plan is None:
        raise GraphNotFound(f"There is no version of a graph with the id {version_id}.")
    return plan


def plans_of(version_ids: Iterable[UUID]) -> dict[UUID, Plan]:
    """The plans of the versions that exist: from memory, and three queries for all others together."""
    plans = {version_id: kept.get(version_id) for version_id in version_ids}
    compiled = _compile([version_id for version_id, plan in plans.items() if plan is None])
    for plan in compiled:
        kept.put(plan)
    return {version_id: plan for version_id, plan in plans.items() if plan} | {one.version_id: one for one in compiled}


def _compile(version_ids: Sequence[UUID]) -> list[Plan]:
    if not version_ids:
        return []
    versions = GraphVersion.objects.filter(id__in=version_ids).values_list("id", "graph_id", "version", "name")
    nodes, links = defaultdict[UUID, list[NodeRow]](list), defaultdict[UUID, list[LinkRow]](list)
    of_versions = Q(graph_version_id__in=version_ids)
    for of_version, *node in Node.objects.filter(of_versions).values_list("graph_version_id", *NodeRow._fields):
        nodes[of_version].append(NodeRow(*node))
    for of_version, *link in Link.objects.filter(of_versions).values_list("graph_version_id", *LinkRow._fields):
        links[of_version].append(LinkRow(*link))
    return [
        compile_plan(
            graph_id=graph_id,
            version=version,
            version_id=version_id,
            name=name,
            nodes=nodes[version_id],
            links=links[version_id],
            spec_of=registry.get,
        )
        for version_id, graph_id, version, name in versions
    ]

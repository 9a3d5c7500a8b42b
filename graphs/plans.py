"""Plans of stored versions, compiled once per process: a version never changes."""

from collections import OrderedDict
from threading import Lock
from typing import Final
from uuid import UUID

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
    plan = kept.get(version_id)
    if plan is None:
        plan = _compile(version_id)
        kept.put(plan)
    return plan


def _compile(version_id: UUID) -> Plan:
    row = GraphVersion.objects.filter(id=version_id).values_list("graph_id", "version", "name").first()
    if row is None:
        raise GraphNotFound(f"There is no version of a graph with the id {version_id}.")
    graph_id, version, name = row
    nodes = Node.objects.filter(graph_version_id=version_id).order_by("position")
    links = Link.objects.filter(graph_version_id=version_id).order_by("position")
    return compile_plan(
        graph_id=graph_id,
        version=version,
        version_id=version_id,
        name=name,
        nodes=(NodeRow(*fields) for fields in nodes.values_list(*NodeRow._fields)),
        links=(LinkRow(*fields) for fields in links.values_list(*LinkRow._fields)),
        spec_of=registry.get,
    )

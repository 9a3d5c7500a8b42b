"""What a run would cost, before it: prices, times how often its nodes ran before.

Nobody knows how many values a block will put out, so without runs to learn from one value is counted for each node. Of
a node on or behind a loop the figures are then for one pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final
from uuid import UUID

from accounts.models import User
from blocks import registry
from executions.node_history import NONE, Before, before
from executions.own_credentials import Own
from executions.price_range import FREE, PriceRange, price_range
from executions.wording import name_of
from graphs import services as graphs
from graphs.errors import GraphNotFound
from graphs.models import GraphVersion
from graphs.plan import Plan, PlanNode
from graphs.plans import plan_of

Masks = Mapping[UUID, Mapping[str, Any]]
DEEPEST: Final = 20


@dataclass(frozen=True)
class Figures:
    """Credits. `most` is None where nobody can say."""

    least: int
    expected: int
    most: int | None

    def plus(self, other: "Figures") -> "Figures":
        most = None if self.most is None or other.most is None else self.most + other.most
        return Figures(self.least + other.least, self.expected + other.expected, most)

    def as_json(self) -> dict[str, Any]:
        return {"min": self.least, "expected": self.expected, "max": self.most}


@dataclass(frozen=True)
class NodeEstimate:
    node_id: UUID
    block: str
    name: str
    cost: Figures
    executions: Figures
    reason: str
    per_pass: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "node_id": str(self.node_id),
            "block": self.block,
            "name": self.name,
            "cost": self.cost.as_json(),
            "executions": self.executions.as_json(),
            "reason": self.reason,
            "per_pass": self.per_pass,
        }


@dataclass(frozen=True)
class Estimate:
    """`runs`: how many earlier runs it was learned from. `nodes`: those that can cost something."""

    total: Figures
    runs: int
    nodes: list[NodeEstimate]

    @property
    def per_pass(self) -> bool:
        return any(node.per_pass for node in self.nodes)

    def as_json(self) -> dict[str, Any]:
        nodes = [node.as_json() for node in self.nodes]
        return self.total.as_json() | {"per_pass": self.per_pass, "runs": self.runs, "nodes": nodes}


@dataclass(frozen=True)
class _Wish:
    """Whose run it would be, and what is laid over the nodes of the whole tree."""

    user: User
    masks: Masks = field(default_factory=dict)
    skip: frozenset[UUID] = frozenset()


def estimate(
    user: User,
    version: GraphVersion,
    *,
    inputs: Mapping[str, Any] | None = None,
    masks: Mapping[str, Any] | None = None,
    credentials_inputs: Mapping[str, Any] | None = None,
) -> Estimate:
    """Of a run that is started like this. Raises what the start would raise for the graph; the balance is not asked."""
    checked = graphs.check_start(
        version,
        inputs=inputs or {},
        masks=masks or {},
        credentials_inputs=credentials_inputs or {},
        lookup=Own(user.pk),
    )
    laid_over = {UUID(str(node)): mask for node, mask in checked.masks.items()}
    return _of_version(_Wish(user, laid_over, checked.skip), version, above=())


def of_version(user: User, version: GraphVersion) -> Estimate:
    """Of a version as it stands, whether it could be started or not."""
    return _of_version(_Wish(user), version, above=())


def _of_version(wish: _Wish, version: GraphVersion, *, above: tuple[UUID, ...]) -> Estimate:
    """`above`: the versions that call it."""
    plan, history = plan_of(version.pk), before(version)
    looping = on_or_behind_a_loop(plan)
    nodes = []
    for node in plan.nodes.values():
        seen = history.nodes.get(node.id, NONE) if history.runs else None
        one = None if node.id in wish.skip else _of_node(wish, node, seen, above=(*above, version.pk))
        if one is not None:
            nodes.append(_counted(plan, node, one, seen, history.runs, looping=node.id in looping))
    total = Figures(0, 0, 0)
    for counted in nodes:
        total = total.plus(counted.cost)
    return Estimate(total, history.runs, nodes)


@dataclass(frozen=True)
class _Once:
    """One execution of a node."""

    figures: Figures
    why: str
    per_pass: bool = False


def _of_node(wish: _Wish, node: PlanNode, seen: Before | None, *, above: tuple[UUID, ...]) -> _Once | None:
    """None: it costs nothing."""
    if node.agent is not None:
        return _of_agent(wish, node, above)
    spec = registry.get(node.block_id)
    price = FREE if spec is None else price_range(node, spec, wish.masks.get(node.id, {}))
    return None if price.free else _Once(_figures(price, seen), price.why)


def _figures(price: PriceRange, seen: Before | None) -> Figures:
    learned = None if seen is None or not seen.average else ceil(seen.average)
    if price.most is None:
        return Figures(0, learned or 0, None if seen is None else seen.dearest)
    middle = ceil((price.least + price.most) / 2) if learned is None else learned
    return Figures(price.least, min(max(middle, price.least), price.most), price.most)


def _of_agent(wish: _Wish, node: PlanNode, above: tuple[UUID, ...]) -> _Once | None:
    assert node.agent is not None
    try:
        version = graphs.find(wish.user, node.agent.graph_id, node.agent.graph_version)
    except GraphNotFound:
        return None
    if version.pk in above or len(above) >= DEEPEST:
        return _Once(Figures(0, 0, 0), "it starts a graph that it is a part of: counted once", per_pass=True)
    below = _of_version(wish, version, above=above)
    if below.total.most == 0:
        return None
    return _Once(below.total, f"a run of “{version.name}”", below.per_pass)


def _counted(plan: Plan, node: PlanNode, once: _Once, seen: Before | None, runs: int, *, looping: bool) -> NodeEstimate:
    spec = registry.get(node.block_id)
    times, why = _times(plan, node, seen, runs, looping=looping)
    one = once.figures
    most = None if one.most is None or times.most is None else one.most * times.most
    expected = one.expected if seen is None else ceil(one.expected * seen.mean)
    return NodeEstimate(
        node_id=node.id,
        block=node.block_id if spec is None else spec.name,
        name=name_of(node.block_id, node.metadata),
        cost=Figures(one.least * times.least, expected, most),
        executions=times,
        reason=f"{once.why}; {why}",
        per_pass=once.per_pass or (looping and seen is None),
    )


def _times(plan: Plan, node: PlanNode, seen: Before | None, runs: int, *, looping: bool) -> tuple[Figures, str]:
    if seen is not None:
        times = Figures(seen.fewest, ceil(seen.mean), seen.most)
        often = f"{seen.mean:g}" if seen.fewest == seen.most else f"{seen.fewest} to {seen.most}"
        return times, f"ran {often} times in each of the last {runs} runs"
    if node.id in plan.starting:
        return Figures(1, 1, 1), "runs once, at the start"
    if looping:
        return Figures(0, 1, 1), "is on or behind a loop: counted per pass"
    return Figures(0, 1, 1), "runs once for each value that arrives: one is counted, no run tells more"


def on_or_behind_a_loop(plan: Plan) -> frozenset[UUID]:
    """What is left when nodes are taken away whose predecessors are all gone: it can run any number of times."""
    waits = {node.id: {link.source_id for link in node.inbound} for node in plan.nodes.values()}
    ready = [node_id for node_id, sources in waits.items() if not sources]
    while ready:
        gone = ready.pop()
        for link in plan.nodes[gone].outbound:
            if gone in waits[link.sink_id]:
                waits[link.sink_id].discard(gone)
                if not waits[link.sink_id]:
                    ready.append(link.sink_id)
    return frozenset(node_id for node_id, sources in waits.items() if sources)

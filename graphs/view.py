"""A graph as rules and derived schemas see it, wherever it comes from: nodes with their blocks, and links."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from blocks.sdk.kinds import BlockType
from blocks.sdk.spec import BlockSpec
from graphs import subagents
from graphs.body import GraphBody
from graphs.pins import base_name
from graphs.plan import Plan, SpecLookup
from graphs.subagents import SubAgent


class LinkView(NamedTuple):
    source_id: str
    source_name: str
    sink_id: str
    sink_name: str
    is_static: bool = False

    def __str__(self) -> str:
        return f"Link ({self.source_id}, {self.source_name}) -> ({self.sink_id}, {self.sink_name})"


@dataclass(frozen=True, slots=True)
class NodeView:
    id: str
    block_id: str
    constants: Mapping[str, Any]
    metadata: Mapping[str, Any]
    spec: BlockSpec | None
    agent: SubAgent | None = None

    @property
    def type(self) -> BlockType | None:
        return None if self.spec is None else self.spec.block_type

    @property
    def public_name(self) -> str | None:
        """The name of a graph input or output; None when the node is none or has no usable name."""
        name = self.constants.get("name")
        if not isinstance(name, str) or self.type not in {BlockType.INPUT, BlockType.OUTPUT}:
            return None
        return name if name or self.type is BlockType.OUTPUT else None


@dataclass(frozen=True, slots=True)
class GraphView:
    name: str
    nodes: Mapping[str, NodeView]
    links: Sequence[LinkView]
    pins: Mapping[str, frozenset[str]] = field(init=False)  # node id → base names of its linked input pins
    static: Mapping[str, frozenset[str]] = field(init=False)  # of those, what a static link leads to

    def __post_init__(self) -> None:
        object.__setattr__(self, "pins", _sinks(self.links))
        object.__setattr__(self, "static", _sinks(link for link in self.links if link.is_static))


def _sinks(links: Iterable[LinkView]) -> dict[str, frozenset[str]]:
    pins: dict[str, set[str]] = {}
    for link in links:
        pins.setdefault(link.sink_id, set()).update((base_name(link.sink_name), link.sink_name))
    return {node_id: frozenset(names) for node_id, names in pins.items()}


def of_body(body: GraphBody, spec_of: SpecLookup) -> GraphView:
    """Of nodes with one id the last counts: `structure.check_ids` refuses such a graph."""
    links = [LinkView(link.source_id, link.source_name, link.sink_id, link.sink_name) for link in body.links]
    rows = ((node.id, node.block_id, node.input_default, node.metadata) for node in body.nodes)
    return GraphView(body.name, _nodes(rows, spec_of), links)


def of_plan(plan: Plan, spec_of: SpecLookup) -> GraphView:
    links = [
        LinkView(str(link.source_id), link.source_name, str(link.sink_id), link.sink_name, link.is_static)
        for node in plan.nodes.values()
        for link in node.outbound
    ]
    nodes = {
        str(node.id): NodeView(
            str(node.id), node.block_id, node.constants, node.metadata, spec_of(node.block_id), node.agent
        )
        for node in plan.nodes.values()
    }
    return GraphView(plan.name, nodes, links)


def node_of(
    node_id: str, block_id: str, constants: Mapping[str, Any], metadata: Mapping[str, Any], spec: BlockSpec | None
) -> NodeView:
    is_agent = spec is not None and spec.block_type is BlockType.AGENT
    return NodeView(node_id, block_id, constants, metadata, spec, subagents.read(constants) if is_agent else None)


def _nodes(
    rows: Iterable[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]], spec_of: SpecLookup
) -> dict[str, NodeView]:
    return {row[0]: node_of(*row, spec_of(row[1])) for row in rows}

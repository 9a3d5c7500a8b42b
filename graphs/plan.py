"""A version of a graph as the engine reads it: nodes with their links in the graph's order, and where a run starts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from blocks.sdk.kinds import BlockType
from blocks.sdk.spec import BlockSpec
from graphs import retry, subagents
from graphs.pins import is_dynamic
from graphs.retry import RetryPolicy as RetryPolicy
from graphs.subagents import SubAgent

SpecLookup: TypeAlias = Callable[[str], BlockSpec | None]


class NodeRow(NamedTuple):
    """What is stored of a node."""

    id: UUID
    block_id: str
    input_default: Mapping[str, Any]
    metadata: Mapping[str, Any]
    position: int


class LinkRow(NamedTuple):
    """What is stored of a link."""

    id: UUID
    source_id: UUID
    source_name: str
    sink_id: UUID
    sink_name: str
    is_static: bool
    position: int


@dataclass(frozen=True, slots=True)
class PlanLink:
    id: UUID
    source_id: UUID
    source_name: str
    sink_id: UUID
    sink_name: str
    is_static: bool
    position: int


@dataclass(frozen=True, slots=True)
class PlanNode:
    """A node and what is known of it before any run, so that nothing of it is worked out per value."""

    id: UUID
    block_id: str
    constants: Mapping[str, Any]
    metadata: Mapping[str, Any]
    position: int
    inbound: tuple[PlanLink, ...]
    outbound: tuple[PlanLink, ...]
    pins: frozenset[str]  # distinct names of inbound pins, as the links write them
    static_pins: frozenset[str]
    late: frozenset[str]  # linked pins that need not have received a value: the block says when they do
    paired: bool  # values of several pins, or static ones, meet here: arrivals need the lock of the node
    dynamic: bool  # some constant or pin has a dynamic name: the parts have to be assembled
    nested: bool  # some constant is a list or an object, which a block could change: executions get copies
    agent: SubAgent | None
    retry: RetryPolicy
    timeout: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    graph_id: UUID
    version: int
    version_id: UUID
    name: str
    nodes: Mapping[UUID, PlanNode]  # in the order of the graph
    starting: tuple[UUID, ...]  # in the order of the graph


def compile_plan(
    *,
    graph_id: UUID,
    version: int,
    version_id: UUID,
    name: str,
    nodes: Iterable[NodeRow],
    links: Iterable[LinkRow],
    spec_of: SpecLookup,
) -> Plan:
    inbound: dict[UUID, list[PlanLink]] = defaultdict(list)
    outbound: dict[UUID, list[PlanLink]] = defaultdict(list)
    for row in sorted(links, key=lambda link: link.position):
        link = PlanLink(*row)
        inbound[link.sink_id].append(link)
        outbound[link.source_id].append(link)
    rows = sorted(nodes, key=lambda node: node.position)
    specs = {block_id: spec_of(block_id) for block_id in {row.block_id for row in rows}}
    types = {block_id: _type(spec) for block_id, spec in specs.items()}
    compiled = {row.id: _node(row, inbound[row.id], outbound[row.id], specs[row.block_id]) for row in rows}
    return Plan(
        graph_id=graph_id,
        version=version,
        version_id=version_id,
        name=name,
        nodes=compiled,
        starting=tuple(node.id for node in compiled.values() if starts(types[node.block_id], node.pins)),
    )


def starts(block_type: BlockType | None, pins: Iterable[str]) -> bool:
    """Is a node of this type, with these inbound pins, activated when a run is created?"""
    if block_type is BlockType.NOTE:
        return False
    return block_type is BlockType.INPUT or not any(True for _ in pins)


def _type(spec: BlockSpec | None) -> BlockType | None:
    return None if spec is None else spec.block_type


def _node(row: NodeRow, inbound: list[PlanLink], outbound: list[PlanLink], spec: BlockSpec | None) -> PlanNode:
    pins = frozenset(link.sink_name for link in inbound)
    static_pins = frozenset(link.sink_name for link in inbound if link.is_static)
    agent = subagents.read(row.input_default) if _type(spec) is BlockType.AGENT else None
    constants = row.input_default if agent is None else agent.inputs
    policy, timeout, _ = retry.read(row.metadata)
    return PlanNode(
        id=row.id,
        block_id=row.block_id,
        constants=row.input_default,
        metadata=row.metadata,
        position=row.position,
        inbound=tuple(inbound),
        outbound=tuple(outbound),
        pins=pins,
        static_pins=static_pins,
        late=frozenset() if spec is None else pins & spec.late_pins,
        paired=len(pins) > 1 or bool(static_pins),
        dynamic=any(map(is_dynamic, pins)) or any(map(is_dynamic, constants)),
        nested=any(isinstance(value, dict | list) for value in constants.values()),
        agent=agent,
        retry=policy,
        timeout=timeout,
    )

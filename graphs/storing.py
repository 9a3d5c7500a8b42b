"""Turns the body of a graph into rows: new ids, links that follow them, static links marked, calls re-pointed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from blocks import registry
from blocks.sdk.kinds import BlockType
from columns import new_id
from graphs.body import GraphBody, NodeBody
from graphs.models import Graph, GraphVersion, Link, Node
from graphs.nesting import Key
from graphs.validation import structure

_BATCH = 1000


def is_agent(block_id: str) -> bool:
    spec = registry.get(block_id)
    return spec is not None and spec.block_type is BlockType.AGENT


def adopt(body: GraphBody, owner: User) -> None:
    """Sub-agents run as the one who saves the graph, and their inputs may have been left out."""
    for node in agents(body.family()):
        inputs = node.input_default.get("inputs")
        node.input_default |= {"user_id": str(owner.pk), "inputs": {} if inputs is None else inputs}


def calls_of(body: GraphBody) -> list[Key]:
    """The versions that the graph runs."""
    return [called_by(node.input_default) for node in agents([body])]


def called_by(constants: Mapping[str, Any]) -> Key:
    version = constants.get("graph_version")
    return str(constants.get("graph_id") or ""), version if isinstance(version, int) else 0


def point(body: GraphBody, moved: Mapping[Key, Key]) -> None:
    """Sub-agents follow the graphs that got new ids."""
    for node in agents([body]):
        key = moved.get(called_by(node.input_default))
        if key is not None:
            node.input_default |= {"graph_id": key[0], "graph_version": key[1]}


def store(body: GraphBody, graph: Graph, version: int) -> GraphVersion:
    """Writes one version with its nodes and links. The caller has opened the transaction and checked the body."""
    stored = GraphVersion.objects.create(
        graph=graph,
        version=version,
        name=body.name,
        description=body.description,
        instructions=body.instructions,
        recommended_schedule_cron=body.recommended_schedule_cron,
        forked_from_id=body.forked_from_id,
        forked_from_version=body.forked_from_version,
        created_at=timezone.now(),
    )
    ids = {node.id: new_id() for node in body.nodes}
    Node.objects.bulk_create(_nodes(body, stored, ids), batch_size=_BATCH)
    Link.objects.bulk_create(_links(body, stored, ids), batch_size=_BATCH)
    return stored


def _nodes(body: GraphBody, version: GraphVersion, ids: Mapping[str, UUID]) -> Iterator[Node]:
    for position, node in enumerate(body.nodes):
        yield Node(
            id=ids[node.id],
            graph_version=version,
            block_id=node.block_id,
            input_default=node.input_default,
            metadata=node.metadata,
            position=position,
        )


def _links(body: GraphBody, version: GraphVersion, ids: Mapping[str, UUID]) -> Iterator[Link]:
    blocks = {node.id: node.block_id for node in body.nodes}
    for position, link in enumerate(body.links):
        yield Link(
            graph_version=version,
            source_id=ids[link.source_id],
            sink_id=ids[link.sink_id],
            source_name=link.source_name,
            sink_name=link.sink_name,
            is_static=structure.is_static(blocks[link.source_id], stated=link.is_static, spec_of=registry.get),
            position=position,
        )


def agents(graphs: Iterable[GraphBody]) -> Iterator[NodeBody]:
    return (node for graph in graphs for node in graph.nodes if is_agent(node.block_id))

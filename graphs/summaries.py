"""Many graphs at once, without their nodes and links: only nodes that say something about the whole are read."""

from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any, Final
from uuid import UUID

from blocks import registry
from blocks.sdk.kinds import BlockType
from graphs import documents, reading, schemas, view
from graphs.models import GraphVersion, Node
from graphs.nesting import Key
from graphs.view import NodeView

MOST: Final = 250
_PLAIN: Final = frozenset({BlockType.STANDARD, BlockType.NOTE, BlockType.AI, BlockType.AYRSHARE})


def summaries(owner_id: UUID) -> list[dict[str, Any]]:
    """The active versions of the owner's graphs, newest graphs first. Two queries for each level of nesting."""
    versions = list(reading.active(owner_id)[:MOST])
    told: dict[UUID, list[NodeView]] = {}

    def calls(version_ids: Sequence[UUID]) -> dict[UUID, list[Key]]:
        nodes = _telling(version_ids)
        told.update(nodes)
        return {version_id: _calls(found) for version_id, found in nodes.items()}

    trees = reading.trees(owner_id, versions, calls)
    return [_summary(one, told[one.id], [told[sub.id] for sub in trees[one.id]]) for one in versions]


def _summary(version: GraphVersion, nodes: list[NodeView], below: list[list[NodeView]]) -> dict[str, Any]:
    return {
        **documents.head(version),
        "user_id": str(version.graph.owner_id),
        "created_at": version.created_at.isoformat(),
        **documents.derived(nodes),
        "credentials_input_schema": schemas.credentials_schema(chain(nodes, *below)),
    }


def _telling(version_ids: Sequence[UUID]) -> dict[UUID, list[NodeView]]:
    found: dict[UUID, list[NodeView]] = {version_id: [] for version_id in version_ids}
    rows = Node.objects.filter(graph_version_id__in=version_ids, block_id__in=_telling_blocks()).order_by("position")
    for row in rows.values_list("graph_version_id", "id", "block_id", "input_default", "metadata"):
        node = view.node_of(str(row[1]), row[2], row[3], row[4], registry.get(row[2]))
        found[row[0]].append(node)
    return found


@cache
def _telling_blocks() -> tuple[str, ...]:
    return tuple(
        spec.id
        for spec in registry.catalogue()
        if spec.block_type not in _PLAIN or spec.credentials or spec.sensitive_action
    )


def _calls(nodes: Sequence[NodeView]) -> list[Key]:
    return [(node.agent.graph_id, node.agent.graph_version) for node in nodes if node.agent is not None]

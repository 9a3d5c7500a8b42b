"""What the nodes of a graph need before it can run here: accounts of providers, and blocks that are not installed."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from blocks.sdk.spec import BlockSpec
from graphs import documents, reading, schemas
from graphs.models import GraphVersion
from graphs.plans import plans_of
from graphs.view import NodeView


def needs(version: GraphVersion) -> list[dict[str, Any]]:
    """The nodes of the graph and of its sub-graphs that need something, in the order of the graph."""
    below = reading.trees(version.graph.owner_id, [version])[version.id]
    versions = [version, *below]
    plans = plans_of({one.id for one in versions})
    return list(chain.from_iterable(_of_graph(one, documents.views(plans[one.id])) for one in versions))


def obstacle(block_id: str, spec: BlockSpec | None) -> str | None:
    """Why no node of the block can run here, or None."""
    if spec is None:
        return f"The block {block_id} is unknown."
    return spec.disabled


def _of_graph(version: GraphVersion, nodes: list[NodeView]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        problem = obstacle(node.block_id, node.spec)
        wanted = list(schemas.wanted([node]))
        if problem is None and not wanted:
            continue
        yield {
            "graph_id": str(version.graph_id),
            "graph_version": version.version,
            "node_id": node.id,
            "block_id": node.block_id,
            "block": node.spec.name if node.spec else None,
            "runs_here": problem is None,
            "reason": problem,
            "accounts": [
                {
                    "pin": one.field.name,
                    "providers": sorted(one.providers),
                    "types": sorted(one.field.types),
                    "scopes": sorted(one.field.scopes),
                    "optional": one.optional,
                }
                for one in wanted
            ],
        }

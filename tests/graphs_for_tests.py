"""Graphs in a few words, for tests: nodes by block name, links as in "a.out -> b.x" (or "=>" for a static one)."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from accounts.models import User
from blocks import registry
from executions import services
from executions.models import GraphExecution, NodeExecution
from graphs import schemas, view
from graphs import services as graphs
from graphs.models import GraphVersion
from graphs.plans import plan_of

_CATALOGUE = json.loads((Path(__file__).parent / "conformance" / "blocks.json").read_text())
IDS = {
    name: block["id"] for section in ("test_blocks", "builtin_blocks") for name, block in _CATALOGUE[section].items()
}
IDS["CountdownTimer"] = "d67a9c52-5e4e-11e2-bcfd-0800200c9a71"


@dataclass
class Built:
    """A stored graph with the keys of its nodes."""

    version: GraphVersion
    ids: dict[str, UUID] = field(default_factory=dict)

    def start(self, user: User | None = None, **wanted: Any) -> GraphExecution:
        masks = {str(self.ids[key]): mask for key, mask in wanted.pop("masks", {}).items()}
        owner = user or self.version.graph.owner
        return services.start(user=owner, version=self.version, masks=masks, **wanted)

    def of(self, run: GraphExecution, key: str) -> list[NodeExecution]:
        """The executions of a node in their order."""
        return list(NodeExecution.objects.filter(run=run, node_id=self.ids[key]).order_by("ordinal", "id"))


class Build:
    def __init__(self, user: User) -> None:
        self.user = user

    def __call__(self, nodes: dict[str, Any], *links: str, name: str = "graph", **metadata: Any) -> Built:
        """`nodes`: key → block name, or (block name, constants). `metadata`: key → metadata of the node."""
        ids = {key: str(uuid4()) for key in nodes}
        body = {
            "name": name,
            "description": "",
            "nodes": [_node(ids[key], what, metadata.get(key, {})) for key, what in nodes.items()],
            "links": [_link(ids, link) for link in links],
        }
        version = graphs.create(self.user, body)
        stored = version.nodes.order_by("position").values_list("id", flat=True)
        return Built(version, dict(zip(nodes, stored, strict=True)))

    def executor(self, child: Built, **inputs: Any) -> tuple[str, dict[str, Any]]:
        """An AGENT node that runs `child`, with the schemas of its inputs and outputs."""
        nodes = list(view.of_plan(plan_of(child.version.pk), registry.get).nodes.values())
        return "AgentExecutor", {
            "graph_id": str(child.version.graph_id),
            "graph_version": child.version.version,
            "user_id": str(self.user.pk),
            "inputs": inputs,
            "input_schema": schemas.input_schema(nodes),
            "output_schema": schemas.output_schema(nodes),
        }


def _node(node_id: str, what: Any, metadata: dict[str, Any]) -> dict[str, Any]:
    block, constants = (what, {}) if isinstance(what, str) else what
    return {"id": node_id, "block_id": IDS.get(block, block), "input_default": constants, "metadata": metadata}


def _link(ids: dict[str, str], text: str) -> dict[str, Any]:
    left, arrow, right = text.split(" ")
    source, source_pin = left.split(".", 1)
    sink, sink_pin = right.split(".", 1)
    return {
        "source_id": ids[source],
        "sink_id": ids[sink],
        "source_name": source_pin,
        "sink_name": sink_pin,
        "is_static": arrow == "=>",
    }

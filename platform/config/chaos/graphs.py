"""Stores the kinds of graphs for a user of the stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from accounts.models import User
from blocks import registry
from config.chaos.kinds import KINDS, Kind, Node
from graphs import schemas, services, view
from graphs.plans import plan_of

EXECUTOR: Final = "e189baac-8c20-45a1-94a7-55177ea42565"


@dataclass(frozen=True)
class Stored:
    """`keys`: the name of each node by its id."""

    kind: Kind
    graph_id: str
    version: int
    version_id: UUID
    keys: Mapping[UUID, str]


def stored(owner: User) -> dict[str, Stored]:
    """All kinds, by name; sub-graphs first."""
    made: dict[str, Stored] = {}
    for kind in KINDS.values():
        made[kind.name] = _store(owner, kind, made)
    return made


def _store(owner: User, kind: Kind, made: Mapping[str, Stored]) -> Stored:
    ids = {key: str(uuid4()) for key in kind.nodes}
    body = {
        "name": f"chaos: {kind.name}",
        "description": "",
        "nodes": [_node(ids[key], node, owner, made) for key, node in kind.nodes.items()],
        "links": [_link(ids, link) for link in kind.links],
    }
    version = services.create(owner, body)
    nodes = version.nodes.order_by("position").values_list("pk", flat=True)
    keys = dict(zip(nodes, kind.nodes, strict=True))
    return Stored(kind, str(version.graph_id), version.version, version.pk, keys)


def _node(node_id: str, node: Node, owner: User, made: Mapping[str, Stored]) -> dict[str, Any]:
    block, constants = node.block, dict(node.constants)
    if node.child:
        block, constants = EXECUTOR, _of_child(made[node.child], owner)
    return {"id": node_id, "block_id": block, "input_default": constants, "metadata": dict(node.metadata)}


def _of_child(child: Stored, owner: User) -> dict[str, Any]:
    nodes = list(view.of_plan(plan_of(child.version_id), registry.get).nodes.values())
    return {
        "graph_id": child.graph_id,
        "graph_version": child.version,
        "user_id": str(owner.pk),
        "inputs": {},
        "input_schema": schemas.input_schema(nodes),
        "output_schema": schemas.output_schema(nodes),
    }


def _link(ids: Mapping[str, str], text: str) -> dict[str, Any]:
    left, right = text.split(" -> ")
    source, source_pin = left.split(".", 1)
    sink, sink_pin = right.split(".", 1)
    ends = {"source_id": ids[source], "source_name": source_pin, "sink_id": ids[sink], "sink_name": sink_pin}
    return {**ends, "is_static": False}  # blocks say themselves whether their outputs are

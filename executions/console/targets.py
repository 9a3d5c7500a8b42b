"""Which run is meant, or which graph shall run: a stored one, or a file's, imported unless it is there already."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from accounts.models import User
from executions.console.arguments import content_of, refused
from executions.models import GraphExecution
from executions.wording import name_of
from graphs import importing, services
from graphs.documents import document
from graphs.errors import GraphError, GraphNotFound
from graphs.models import GraphVersion
from graphs.plan import PlanNode
from graphs.plans import plan_of

LOOKED_AT: Final = 20
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VOLATILE: Final = {"created_at", "user_id", "is_active"}


@dataclass(frozen=True)
class Target:
    """A stored version. `ids`: what a file calls a node → what it is called here."""

    version: GraphVersion
    warnings: list[str] = field(default_factory=list)
    ids: Mapping[str, str] = field(default_factory=dict)


def target_of(text: str, owner: User) -> Target:
    """The graph that FILE or ID[@VERSION] means."""
    graph_id, _, version = text.partition("@")
    if Path(text).is_file() or text == "-":
        return _imported(owner, content_of(text), text)
    if not _ID.fullmatch(graph_id):
        raise refused(f"There is no file {text}, and it is no id of a graph either.")
    if version and not version.isdecimal():
        raise refused(f"{version!r} is not the number of a version.")
    try:
        return Target(services.find(owner, graph_id, int(version) if version else "active"))
    except GraphNotFound:
        raise refused(f"{owner} has no graph {text}.") from None


def run_named(text: str) -> GraphExecution:
    try:
        return GraphExecution.objects.select_related("graph_version").get(pk=UUID(text))
    except (ValueError, GraphExecution.DoesNotExist):
        raise refused(f"There is no run {text}.") from None


def _imported(owner: User, content: bytes, file: str) -> Target:
    """A graph that differs in nothing from one imported before is not stored a second time."""
    try:
        with transaction.atomic():
            imported = importing.import_file(owner, content)
            known = _same(owner, imported.version)
            transaction.set_rollback(known is not None)
    except GraphError as wrong:
        raise refused(f"{file} cannot be imported: {wrong}") from None
    version = known or imported.version
    return Target(version, imported.warnings, _ids(importing.read(content), version))


def _same(owner: User, fresh: GraphVersion) -> GraphVersion | None:
    """The newest graph of the owner that was imported from the same content, and not changed since."""
    named = GraphVersion.objects.filter(graph__owner=owner, graph__deleted_at=None, name=fresh.name, version=1)
    others = named.filter(graph__active_version=1).exclude(pk=fresh.pk).select_related("graph")
    wanted = content_as_text(fresh)
    return next((one for one in others.order_by("-pk")[:LOOKED_AT] if content_as_text(one) == wanted), None)


def content_as_text(version: GraphVersion) -> str:
    """All that makes the graph what it is: the same for two imports of a file, whose ids differ."""
    told = document(version)
    text = json.dumps(_lasting(told), sort_keys=True)
    order: dict[str, str] = {}
    for graph in (told, *told["sub_graphs"]):
        for part in (graph, *graph["nodes"], *graph["links"]):
            order.setdefault(part["id"], f"#{len(order)}")
    return _ID.sub(lambda found: order.get(found[0], found[0]), text)


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(inner) for key, inner in value.items() if key not in _VOLATILE}
    return [_lasting(inner) for inner in value] if isinstance(value, list) else value


def _ids(read: Mapping[str, Any], version: GraphVersion) -> dict[str, str]:
    """Nodes keep their place when they get new ids."""
    written = [node.get("id") for node in read.get("nodes", []) if isinstance(node, dict)]
    stored = plan_of(version.pk).nodes
    if len(written) != len(stored):
        return {}
    return {old: str(new) for old, new in zip(written, stored, strict=True) if isinstance(old, str)}


def masks_for(target: Target, masks: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Nodes may be named by their id, here or in the file, or by the name that people see."""
    nodes = all_nodes(target.version)
    named: dict[str, list[str]] = {}
    for node in nodes.values():
        named.setdefault(name_of(node.block_id, node.metadata), []).append(str(node.id))
    return {_node(key, target, nodes, named): mask for key, mask in masks.items()}


def _node(key: str, target: Target, nodes: Mapping[UUID, PlanNode], named: Mapping[str, list[str]]) -> str:
    given = target.ids.get(key, key)
    if _ID.fullmatch(given) and UUID(given) in nodes:
        return str(UUID(given))
    found = named.get(key, [])
    if len(found) != 1:
        what = f"{len(found)} nodes are called" if found else "No node has the id or the name"
        raise refused(f"{what} {key!r}: the mask cannot be laid.")
    return found[0]


def all_nodes(version: GraphVersion) -> dict[UUID, PlanNode]:
    """The nodes of a version and of the graphs below it."""
    tree = [version, *services.sub_versions(version)]
    return {node.id: node for one in tree for node in plan_of(one.pk).nodes.values()}

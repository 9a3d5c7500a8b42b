"""The questions that are asked about stored graphs, each with a fixed number of queries."""

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from blocks import registry
from blocks.sdk.kinds import BlockType
from graphs.body import HIGHEST
from graphs.models import GraphVersion, Node
from graphs.nesting import Key
from graphs.plans import plan_of
from graphs.storing import called_by

NOTHING: Final = UUID(int=0)


def uuid_of(value: object) -> UUID:
    """The id; one that finds nothing for whatever is no id."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) else NOTHING
    except ValueError:
        return NOTHING


def versions(owner: User, graph_id: object) -> QuerySet[GraphVersion]:
    """The versions of a graph of the owner, newest first."""
    found = GraphVersion.objects.filter(graph_id=uuid_of(graph_id), graph__owner=owner, graph__deleted_at=None)
    return found.select_related("graph").order_by("-version")


def stored(owner: User, keys: Collection[Key]) -> dict[Key, GraphVersion]:
    """Which of these versions exist and belong to the owner. One query."""
    ids = {key: uuid_of(key[0]) for key in keys if 1 <= key[1] <= HIGHEST}
    if not ids:
        return {}
    found = GraphVersion.objects.filter(
        graph_id__in=set(ids.values()),
        version__in={version for _, version in ids},
        graph__owner=owner,
        graph__deleted_at=None,
    ).select_related("graph")
    existing = {(one.graph_id, one.version): one for one in found}
    return {key: existing[graph_id, key[1]] for key, graph_id in ids.items() if (graph_id, key[1]) in existing}


def sub_versions(version: GraphVersion) -> list[GraphVersion]:
    """The versions that `version` runs, breadth first, each once, as far as its owner has them. One query a level."""
    owner = version.graph.owner
    asked: set[Key] = {(str(version.graph_id), version.version)}
    level, found = [version], list[GraphVersion]()
    while level:
        keys = dict.fromkeys(key for one in level for key in _calls(one) if key not in asked)
        if not keys:
            break
        asked.update(keys)
        existing = stored(owner, keys)
        level = [existing[key] for key in keys if key in existing]
        found += level
    return found


def calls_below(owner: User, keys: Iterable[Key]) -> tuple[dict[Key, list[Key]], dict[Key, str]]:
    """Which versions each of `keys`, and each version below them, runs; and their names. Two queries a level."""
    calls: dict[Key, list[Key]] = {}
    names: dict[Key, str] = {}
    agents = [spec.id for spec in registry.all_specs() if spec.block_type is BlockType.AGENT]
    level = set(keys)
    while level:
        existing = stored(owner, level)
        of_version = {one.id: key for key, one in existing.items()}
        names |= {key: f"{one.name} v{one.version}" for key, one in existing.items()}
        calls |= {key: [] for key in level}
        nodes = Node.objects.filter(graph_version_id__in=of_version, block_id__in=agents)
        for version_id, constants in nodes.values_list("graph_version_id", "input_default"):
            calls[of_version[version_id]].append(called_by(constants))
        level = {key for below in (calls[key] for key in level) for key in below} - calls.keys()
    return calls, names


def _calls(version: GraphVersion) -> list[Key]:
    agents = (node.agent for node in plan_of(version.id).nodes.values() if node.agent is not None)
    return [(agent.graph_id, agent.graph_version) for agent in agents]

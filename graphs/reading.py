"""The questions that are asked about stored graphs, each with a fixed number of queries."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

from django.db.models import Count, F, QuerySet

from blocks import registry
from blocks.sdk.kinds import BlockType
from graphs.body import HIGHEST
from graphs.errors import GraphTooLarge
from graphs.models import GraphVersion, Node
from graphs.nesting import Key
from graphs.plan import Plan
from graphs.plans import plans_of
from graphs.storing import called_by
from graphs.validate import SUB_GRAPHS

NOTHING: Final = UUID(int=0)

# For versions: which others each of them runs.
CallsOf: TypeAlias = Callable[[Sequence[UUID]], dict[UUID, list[Key]]]


def uuid_of(value: object) -> UUID:
    """The id; one that finds nothing for whatever is no id."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) else NOTHING
    except ValueError:
        return NOTHING


def versions(owner_id: UUID, graph_id: object) -> QuerySet[GraphVersion]:
    """The versions of a graph of the owner, newest first."""
    found = GraphVersion.objects.filter(graph_id=uuid_of(graph_id), graph__owner_id=owner_id, graph__deleted_at=None)
    return found.select_related("graph").order_by("-version")


def newest(owner_id: UUID, graph_id: object, most: int, nodes: int) -> list[GraphVersion]:
    """At most the newest `most` versions, and after the first no more than hold so many nodes together."""
    found: list[GraphVersion] = []
    for version in versions(owner_id, graph_id).annotate(size=Count("nodes"))[:most]:
        nodes -= version.size
        if found and nodes < 0:
            break
        found.append(version)
    return found


def active(owner_id: UUID) -> QuerySet[GraphVersion]:
    """The active version of each of the owner's graphs, newest graphs first."""
    found = GraphVersion.objects.filter(
        version=F("graph__active_version"), graph__owner_id=owner_id, graph__deleted_at=None
    )
    return found.select_related("graph").order_by("-graph__created_at", "-graph_id")


def stored(owner_id: UUID, keys: Collection[Key]) -> dict[Key, GraphVersion]:
    """Which of these versions exist and belong to the owner. One query."""
    ids = {key: uuid_of(key[0]) for key in keys if 1 <= key[1] <= HIGHEST}
    if not ids:
        return {}
    found = GraphVersion.objects.filter(
        graph_id__in=set(ids.values()),
        version__in={version for _, version in ids},
        graph__owner_id=owner_id,
        graph__deleted_at=None,
    ).select_related("graph")
    existing = {(one.graph_id, one.version): one for one in found}
    return {key: existing[graph_id, key[1]] for key, graph_id in ids.items() if (graph_id, key[1]) in existing}


def sub_versions(version: GraphVersion) -> list[GraphVersion]:
    """The versions that `version` runs, breadth first, each once, as far as its owner has them."""
    return trees(version.graph.owner_id, [version])[version.id]


def trees(
    owner_id: UUID, roots: Sequence[GraphVersion], calls_of: CallsOf | None = None
) -> dict[UUID, list[GraphVersion]]:
    """The sub-versions of each root. The number of queries depends on how deep they are, not on how many."""
    found: dict[Key, GraphVersion | None] = {(str(root.graph_id), root.version): root for root in roots}
    calls: dict[UUID, list[Key]] = {}
    level = list(roots)
    while level:
        calls |= (calls_of or _calls_of_plans)([one.id for one in level])
        keys = dict.fromkeys(key for one in level for key in calls[one.id] if key not in found)
        existing = stored(owner_id, keys.keys())
        found |= {key: existing.get(key) for key in keys}
        level = list(existing.values())
        if sum(one is not None for one in found.values()) > len(roots) * (1 + SUB_GRAPHS):
            raise GraphTooLarge(f"The graph runs more than {SUB_GRAPHS} others.")
    return {root.id: _breadth_first(root, calls, found) for root in roots}


def _breadth_first(
    root: GraphVersion, calls: Mapping[UUID, list[Key]], found: Mapping[Key, GraphVersion | None]
) -> list[GraphVersion]:
    tree = {root.id: root}
    waiting = [root]
    while waiting:
        below = (found[key] for key in calls[waiting.pop(0).id])
        fresh = {one.id: one for one in below if one is not None and one.id not in tree}
        tree |= fresh
        waiting += fresh.values()
    return list(tree.values())[1:]


@dataclass(frozen=True, slots=True)
class Below:
    """What some versions run, at all depths: who calls whom, their names, and the ids of those that exist."""

    calls: dict[Key, list[Key]]
    names: dict[Key, str]
    ids: list[UUID]


def below(owner_id: UUID, keys: Collection[Key], most: int) -> Below:
    """Everything that `keys` run, themselves included; no further than `most` versions. Two queries a level."""
    found = Below({}, {}, [])
    agents = [spec.id for spec in registry.all_specs() if spec.block_type is BlockType.AGENT]
    level = set(keys)
    while level and len(found.ids) <= most:
        existing = stored(owner_id, level)
        of_version = {one.id: key for key, one in existing.items()}
        found.ids.extend(of_version)
        found.names.update({key: f"{one.name} v{one.version}" for key, one in existing.items()})
        found.calls.update({key: [] for key in level})
        nodes = Node.objects.filter(graph_version_id__in=of_version, block_id__in=agents)
        for version_id, constants in nodes.values_list("graph_version_id", "input_default"):
            found.calls[of_version[version_id]].append(called_by(constants))
        level = {key for called in (found.calls[key] for key in level) for key in called if key not in found.calls}
    return found


def _calls_of_plans(version_ids: Sequence[UUID]) -> dict[UUID, list[Key]]:
    return {version_id: _calls(plan) for version_id, plan in plans_of(version_ids).items()}


def _calls(plan: Plan) -> list[Key]:
    agents = (node.agent for node in plan.nodes.values() if node.agent is not None)
    return [(agent.graph_id, agent.graph_version) for agent in agents]

"""Everything that is done with stored graphs: create, change, activate, delete, find, check before a run."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Final, Literal
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.models import User
from audit import services as audit
from blocks import registry
from graphs import nesting, reading, signals, storing, validate, view
from graphs.body import GraphBody, parse
from graphs.errors import GraphInvalid, GraphNotFound, GraphTooLarge
from graphs.models import Graph, GraphVersion, Node
from graphs.nesting import Key
from graphs.plans import plan_of
from graphs.validate import Limits, Lookup, NoCredentials, RunCheck
from graphs.validation import credentials
from graphs.validation.credentials import OfUser
from graphs.view import GraphView

SAFE_MODES: Final = frozenset({"human_in_the_loop_safe_mode", "sensitive_action_safe_mode"})
Version = int | Literal["active"] | str | None


def create(owner: User, body: Mapping[str, Any] | GraphBody) -> GraphVersion:
    """A new graph, its sub-graphs with it: all ids are replaced, nothing is stored when a rule is broken."""
    draft = _drafted(owner, body)
    _check_credentials(owner, (view.of_body(part, registry.get) for part in draft.family()))
    return _store(owner, draft)


def keep(owner: User, body: GraphBody) -> GraphVersion:
    """Stores a graph whose nodes may break rules: a run will be refused. Only what cannot be stored is refused here."""
    storing.adopt(body, owner)
    check_storable(body)
    return _store(owner, body)


def _store(owner: User, body: GraphBody) -> GraphVersion:
    graphs = _new_graphs(owner, [*_sub_graphs(body), body])
    with transaction.atomic():
        versions = [_store_first(part, graph) for part, graph in graphs]
        _check_nesting(owner, body, (str(graphs[-1][1].id), 1))
        signals.activated.send(Graph, graph=graphs[-1][1], version=versions[-1])
    return versions[-1]


def update(owner: User, graph_id: UUID | str, body: Mapping[str, Any] | GraphBody) -> GraphVersion:
    """A new version of the graph: the next number, new node ids. It becomes the active one unless `is_active` is false.

    Sub-graphs in the body that the owner has already are referred to; others are created."""
    draft = _drafted(owner, body)
    with transaction.atomic():
        graph = _locked(owner, graph_id)
        if "id" in draft.model_fields_set and draft.id.lower() != str(graph.id):
            raise GraphInvalid(f"The graph in the body has the id {draft.id}, the address names {graph.id}.")
        if draft.is_active:
            _check_credentials(owner, (view.of_body(part, registry.get) for part in draft.family()))
        number = _highest(graph) + 1
        _check_nesting(owner, _with_new_sub_graphs(owner, draft), (str(graph.id), number))
        version = storing.store(draft, graph, number)
        if draft.is_active:
            _activate(graph, version)
    return version


def activate(owner: User, graph_id: UUID | str, version: int) -> None:
    with transaction.atomic():
        graph = _locked(owner, graph_id)
        found = graph.versions.filter(version=version).first()
        if found is None:
            raise GraphNotFound(f"The graph {graph.id} has no version {version}.")
        _check_credentials(owner, [view.of_plan(plan_of(found.id), registry.get)])
        _activate(graph, found)


def safe_modes(version: GraphVersion) -> dict[str, bool]:
    """When a person is asked during a run of the graph; its runs keep what held when they were started."""
    graph = version.graph
    return {name: getattr(graph, name) for name in SAFE_MODES}


def set_safe_modes(owner: User, graph_id: UUID | str, modes: Mapping[str, bool]) -> Graph:
    """Of SAFE_MODES those that are given; runs that have begun are not affected."""
    with transaction.atomic():
        graph = _locked(owner, graph_id)
        for name in SAFE_MODES & modes.keys():
            setattr(graph, name, modes[name])
        graph.save(update_fields=SAFE_MODES)
    return graph


def delete(owner: User, graph_id: UUID | str) -> int:
    """Hides the graph: nothing new starts, its runs stay readable. The number of its versions, 0 for no graph."""
    found = Graph.objects.filter(owner=owner, id=reading.uuid_of(graph_id), deleted_at=None)
    with transaction.atomic():
        graph = found.select_for_update().first()
        if graph is None:
            return 0
        found.update(deleted_at=timezone.now())
        signals.deleted.send(Graph, graph=graph)
        audit.record("graph.deleted", subject=graph, subject_id=graph.pk, detail={"owner": str(owner.pk)})
        return graph.versions.count()


def find(owner: User, graph_id: UUID | str, version: Version = None) -> GraphVersion:
    """A version of a graph of the owner: that number, the active one, or (None) the highest."""
    versions = reading.versions(owner.pk, graph_id)
    if version == "active":
        versions = versions.filter(version=F("graph__active_version"))
    elif version is not None:
        versions = versions.filter(version=version if isinstance(version, int) else 0)
    found = versions.first()
    if found is None:
        what = f"graph {graph_id}" if version is None else f"version {version} of graph {graph_id}"
        raise GraphNotFound(f"There is no {what}.")
    return found


def sub_versions(version: GraphVersion) -> list[GraphVersion]:
    """The graphs that the version runs, breadth first, each once, as far as they belong to its owner."""
    return reading.sub_versions(version)


def check_start(
    version: GraphVersion,
    *,
    inputs: Mapping[str, Any],
    masks: Mapping[str, Any],
    credentials_inputs: Mapping[str, Any],
    lookup: Lookup | None = None,
) -> RunCheck:
    """May the version be run like this? Raises GraphValidationError or GraphInvalid when not."""
    return validate.check_run(
        plan_of(version.id),
        [plan_of(sub.id) for sub in sub_versions(version)],
        inputs=inputs,
        masks=masks,
        credentials_inputs=credentials_inputs,
        spec_of=registry.get,
        lookup=lookup or NoCredentials(),
    )


def check_storable(body: GraphBody) -> None:
    """Refuses what is too large, or whose links lead nowhere."""
    validate.check_size(body, Limits(nodes=settings.MAX_NODES, links=settings.MAX_LINKS))
    validate.check_ends(body)


# -- Steps


def _drafted(owner: User, body: Mapping[str, Any] | GraphBody) -> GraphBody:
    draft = body if isinstance(body, GraphBody) else parse(body)
    storing.adopt(draft, owner)
    check_storable(draft)
    validate.check_rules(draft, registry.get)
    return draft


def _check_credentials(owner: User, graphs: Iterable[GraphView]) -> None:
    """Before anything is stored: credentials that the graph names are its owner's (spec 1.5)."""
    nodes = chain.from_iterable(seen.nodes.values() for seen in graphs)
    of_user: OfUser = import_string(settings.CREDENTIALS_OF_USER)
    for problem in credentials.unresolved(nodes, of_user(owner.pk)):
        raise GraphInvalid(problem)


def _key(body: GraphBody) -> Key:
    return body.id, body.version


def _sub_graphs(body: GraphBody) -> list[GraphBody]:
    """The sub-graphs in the body, each (id, version) once."""
    parts = {_key(part): part for part in reversed(list(body.family()))}
    del parts[_key(body)]
    return list(reversed(parts.values()))


def _new_graphs(owner: User, bodies: Iterable[GraphBody]) -> list[tuple[GraphBody, Graph]]:
    """A graph to be made for each body; calls between them follow."""
    now = timezone.now()
    graphs = [(body, Graph(owner=owner, active_version=1, created_at=now)) for body in bodies]
    moved = {_key(body): (str(graph.id), 1) for body, graph in graphs}
    for body, _ in graphs:
        storing.point(body, moved)
    return graphs


def _store_first(body: GraphBody, graph: Graph) -> GraphVersion:
    graph.save(force_insert=True)
    return storing.store(body, graph, 1)


def _with_new_sub_graphs(owner: User, draft: GraphBody) -> GraphBody:
    """Makes graphs of the sub-graphs that the owner does not have; `draft` calls those."""
    parts = _sub_graphs(draft)
    known = reading.stored(owner.pk, [_key(part) for part in parts])
    graphs = _new_graphs(owner, [part for part in parts if _key(part) not in known])
    storing.point(draft, {_key(part): (str(graph.id), 1) for part, graph in graphs})
    for part, graph in graphs:
        _store_first(part, graph)
    return draft


def _check_nesting(owner: User, body: GraphBody, root: Key) -> None:
    """No circles, not too deep, and not so much below one graph that a run of it could not be prepared."""
    calls = storing.calls_of(body)
    below = reading.below(owner.pk, calls, validate.SUB_GRAPHS)
    nesting.check(root, {**below.calls, root: calls}, {**below.names, root: body.name}, deepest=settings.MAX_DEPTH)
    most = settings.MAX_NODES * 10
    size = len(body.nodes) + Node.objects.filter(graph_version_id__in=below.ids).count() if below.ids else 0
    if len(below.ids) > validate.SUB_GRAPHS or size > most:
        raise GraphTooLarge(f"The graph may run at most {validate.SUB_GRAPHS} others, of {most} nodes together.")


def _locked(owner: User, graph_id: UUID | str) -> Graph:
    """The graph, locked until the end of the transaction: version numbers are given out one at a time."""
    graphs = Graph.objects.select_for_update().filter(owner=owner, id=reading.uuid_of(graph_id), deleted_at=None)
    graph = graphs.first()
    if graph is None:
        raise GraphNotFound(f"There is no graph {graph_id}.")
    return graph


def _highest(graph: Graph) -> int:
    highest: int = graph.versions.aggregate(highest=Max("version"))["highest"]
    return highest


def _activate(graph: Graph, version: GraphVersion) -> None:
    Graph.objects.filter(id=graph.id).update(active_version=version.version)
    graph.active_version = version.version
    signals.activated.send(Graph, graph=graph, version=version)

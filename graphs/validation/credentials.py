"""Credentials of a run: which one serves which field, which nodes are skipped, and what is wrong (V11 to V16)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from graphs import schemas
from graphs.schemas import Wanted
from graphs.view import NodeView

REQUIRED: Final = "These credentials are required"


class CredentialsMeta(NamedTuple):
    """A stored credential, without its secret."""

    id: str
    provider: str
    type: str


class Lookup(Protocol):
    """The credentials of the user who starts the run. May raise when they cannot be read."""

    def get(self, credential_id: str) -> CredentialsMeta | None: ...


OfUser: TypeAlias = Callable[[UUID], Lookup]


class NoCredentials:
    """A user without any."""

    def get(self, credential_id: str) -> CredentialsMeta | None:
        return None


Masks = Mapping[str, Mapping[str, Any]]


def spread(chosen: Mapping[str, Any], nodes: Iterable[NodeView]) -> dict[str, dict[str, Any]]:
    """Credentials chosen by key of the graph's credentials schema as a mask: node → field → credential."""
    masks: dict[str, dict[str, Any]] = defaultdict(dict)
    for one in schemas.wanted(nodes):
        if chosen.get(one.key) is not None:
            masks[one.node.id][one.field.name] = chosen[one.key]
    return dict(masks)


@dataclass(slots=True)
class CredentialsCheck:
    errors: dict[str, dict[str, str]] = field(default_factory=dict)  # node → field → message
    skip: set[str] = field(default_factory=set)  # nodes that do without


def check(nodes: Iterable[NodeView], masks: Masks, lookup: Lookup) -> CredentialsCheck:
    result = CredentialsCheck()
    for one in schemas.wanted(nodes):
        node_id = one.node.id
        given = masks.get(node_id, {}).get(one.field.name)
        if given is None and not schemas.is_optional(one.node):
            given = one.node.constants.get(one.field.name)
        if given is None or given == {}:
            if schemas.is_optional(one.node):
                result.skip.add(node_id)
            elif one.field.required:
                result.errors.setdefault(node_id, {})[one.field.name] = REQUIRED
            continue
        problem = _problem(one, given, lookup)
        if problem is not None:
            result.errors.setdefault(node_id, {})[one.field.name] = problem
    result.skip -= result.errors.keys()
    return result


def unresolved(nodes: Iterable[NodeView], lookup: Lookup) -> Iterator[str]:
    """What keeps a graph from becoming the active version: constants that name credentials which its owner lacks.

    Constants of nodes that may do without are not looked at: a run ignores them (V16)."""
    for one in schemas.wanted(nodes):
        given = one.node.constants.get(one.field.name)
        if not isinstance(given, Mapping) or not isinstance(given.get("id"), str) or schemas.is_optional(one.node):
            continue
        found = _stored(given["id"], lookup)
        if isinstance(found, str):
            yield f"Node {one.node.id}, field {one.field.name}: {found}."


def _problem(one: Wanted, given: Any, lookup: Lookup) -> str | None:
    shape = _shape_problem(one, given)
    if shape is not None:
        return f"Invalid credentials: {shape}"
    stored = _stored(given["id"], lookup)
    if isinstance(stored, str):
        return stored
    if (stored.provider, stored.type) != (given["provider"], given["type"]):
        return "Invalid credentials: type/provider mismatch"
    return None


def _stored(credential_id: str, lookup: Lookup) -> CredentialsMeta | str:
    try:
        stored = lookup.get(credential_id)
    except Exception as reason:  # whatever keeps the store from answering is told to the user
        return f"Credentials not available: {reason}"
    return f"Unknown credentials #{credential_id[:100]}" if stored is None else stored


def _shape_problem(one: Wanted, given: Any) -> str | None:
    if not isinstance(given, Mapping):
        return "use an object with id, provider and type"
    missing = [name for name in ("id", "provider", "type") if not isinstance(given.get(name), str) or not given[name]]
    if missing:
        return f"{', '.join(missing)} must be a text"
    if given["provider"] not in one.providers:
        return f"provider must be {' or '.join(one.providers)}, not {given['provider'][:100]}"
    if given["type"] not in one.field.types:
        return f"type must be {' or '.join(one.field.types)}, not {given['type'][:100]}"
    return None

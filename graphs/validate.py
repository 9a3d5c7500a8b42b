"""What is wrong with a graph, in words: when it is saved, and when it is run. The rules stand in graphs/validation."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypeAlias
from uuid import UUID

from blocks.sdk.kinds import BlockType
from graphs import schemas, view
from graphs.body import GraphBody
from graphs.errors import GraphInvalid, GraphTooLarge, GraphValidationError
from graphs.inputs import prepare, starting_data
from graphs.plan import Plan, SpecLookup
from graphs.validation import credentials, fields, structure
from graphs.validation.credentials import CredentialsMeta as CredentialsMeta
from graphs.validation.credentials import Lookup as Lookup
from graphs.validation.credentials import NoCredentials as NoCredentials
from graphs.view import GraphView

SUB_GRAPHS: Final = 200
Masks: TypeAlias = dict[str, dict[str, Any]]  # node id → field → value, ids as text as in requests


@dataclass(frozen=True, slots=True)
class Limits:
    nodes: int
    links: int


@dataclass(frozen=True, slots=True)
class RunCheck:
    """A run that may start: nodes of the whole tree that do without credentials, all masks, what else to tell."""

    skip: frozenset[UUID]
    masks: Masks
    warnings: list[str]


# -- When a graph is saved


def check_size(body: GraphBody, limits: Limits) -> None:
    family = list(body.family())
    if len(family) - 1 > SUB_GRAPHS:
        raise GraphTooLarge(f"There are {len(family) - 1} sub-graphs; at most {SUB_GRAPHS} are allowed.")
    for graph in family:
        for what, count, most in (("nodes", len(graph.nodes), limits.nodes), ("links", len(graph.links), limits.links)):
            if count > most:
                raise GraphTooLarge(f"The graph {graph.name!r} has {count} {what}; at most {most} are allowed.")


def check_ends(body: GraphBody) -> None:
    """Without unique ids and links between them there is nothing that could be stored."""
    for graph in body.family():
        links = (view.LinkView(link.source_id, link.source_name, link.sink_id, link.sink_name) for link in graph.links)
        structure.check_ids([node.id for node in graph.nodes], links)


def check_saved(body: GraphBody, spec_of: SpecLookup) -> None:
    """The rules for saving, sub-graphs included. Raises GraphInvalid with the first breach."""
    check_ends(body)
    check_rules(body, spec_of)


def check_rules(body: GraphBody, spec_of: SpecLookup) -> None:
    """`check_saved` for a body whose ends of links were checked before."""
    for problem in problems_saved(body, spec_of):
        raise GraphInvalid(problem)


def problems_saved(body: GraphBody, spec_of: SpecLookup) -> Iterator[str]:
    """Every breach of the rules for saving, as sentences. The ends of the links were checked before."""
    for graph in body.family():
        seen = view.of_body(graph, spec_of)
        yield from structure.problems(seen)
        yield from field_problems(seen)


def field_problems(seen: GraphView) -> Iterator[str]:
    for node in seen.nodes.values():
        for name, message in fields.when_saved(node, _linked(seen, node.id)).items():
            yield f"Node {node.id}, field {name}: {message}."


# -- When a graph is run


def check_run(
    plan: Plan,
    sub_plans: Sequence[Plan],
    *,
    inputs: Mapping[str, Any],
    masks: Mapping[str, Any],
    credentials_inputs: Mapping[str, Any],
    spec_of: SpecLookup,
    lookup: Lookup,
) -> RunCheck:
    """The rules for running `plan`, whose sub-graphs at all depths are `sub_plans`.

    Raises GraphValidationError with the problems of all fields, GraphInvalid when the graph as a whole cannot run."""
    tree = [view.of_plan(part, spec_of) for part in (plan, *sub_plans)]
    for seen in tree:
        for problem in structure.problems(seen):
            raise GraphInvalid(problem)
    nodes = list(chain.from_iterable(seen.nodes.values() for seen in tree))
    merged = _merged(_checked_masks(masks), credentials.spread(credentials_inputs, nodes))
    found = credentials.check(nodes, merged, lookup)
    errors = _field_errors(tree, merged, found)
    if errors:
        raise GraphValidationError(errors)
    skip = frozenset(map(UUID, found.skip))
    _check_start(plan, inputs, merged, skip, spec_of)
    return RunCheck(skip, merged, _warnings(tree, inputs, merged, credentials_inputs))


def _field_errors(
    tree: Iterable[GraphView], masks: Masks, found: credentials.CredentialsCheck
) -> dict[str, dict[str, str]]:
    errors: dict[str, dict[str, str]] = {}
    for seen in tree:
        for node in seen.nodes.values():
            linked, static = _linked(seen, node.id), seen.static.get(node.id, frozenset())
            problems = fields.when_run(node, linked, masks.get(node.id, {}))
            problems |= fields.miswired(node, linked, static)
            problems |= found.errors.get(node.id, {})
            if node.id in found.skip:  # it will not run, so it may well be a block that cannot
                problems.pop("block_id", None)
            if problems:
                errors[node.id] = problems
    return errors


def _check_start(
    plan: Plan, inputs: Mapping[str, Any], masks: Masks, skip: frozenset[UUID], spec_of: SpecLookup
) -> None:
    if not plan.starting:
        raise GraphInvalid(
            "No starting nodes found: every node waits for another one. Add a node without links into it, "
            "or a graph input."
        )
    for node in (plan.nodes[node_id] for node_id in plan.starting if node_id not in skip):
        spec = spec_of(node.block_id)
        if spec is None:
            continue
        prepared = prepare(node, spec, starting_data(node, spec, inputs), masks.get(str(node.id)))
        if prepared.problem is not None:
            raise GraphInvalid(f"The starting node {node.id} ({spec.name}) cannot run: {prepared.problem}.")


def _checked_masks(masks: Any) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(masks, Mapping):
        raise GraphInvalid("nodes_input_masks must be an object: node id → pin → value.")
    wrong = [str(node_id) for node_id, mask in masks.items() if not isinstance(mask, Mapping)]
    if wrong:
        raise GraphInvalid(f"nodes_input_masks.{wrong[0]} must be an object: pin → value.")
    return masks


def _merged(masks: Mapping[str, Mapping[str, Any]], chosen: Mapping[str, Mapping[str, Any]]) -> Masks:
    """A credential chosen for the run counts more than one in a mask."""
    return {str(node_id): {**masks.get(node_id, {}), **chosen.get(node_id, {})} for node_id in {**masks, **chosen}}


def _warnings(
    tree: Sequence[GraphView], inputs: Mapping[str, Any], masks: Masks, chosen: Mapping[str, Any]
) -> list[str]:
    nodes = list(chain.from_iterable(seen.nodes.values() for seen in tree))
    own = [node for node in tree[0].nodes.values() if node.type is BlockType.INPUT]
    names = {node.public_name for node in own}
    missing = {node.public_name for node in own if node.constants.get("value") is None} - inputs.keys() - {None}
    keys = {one.key for one in schemas.wanted(nodes)}
    known = {node.id for node in nodes}
    return [
        *(f"The input {name!r} has no value; what depends on it will not run." for name in sorted(map(str, missing))),
        *(f"There is no input {name!r}; its value was ignored." for name in inputs if name not in names),
        *(f"There is no node {node_id}; its mask was ignored." for node_id in masks if node_id not in known),
        *(f"The graph takes no {key!r}; they were ignored." for key in chosen if key not in keys),
    ]


def _linked(seen: GraphView, node_id: str) -> frozenset[str]:
    return seen.pins.get(node_id, frozenset())

"""Sub-graphs inside a file: which of them a node calls, and which of them are one and the same."""

import json
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from graphs import schemas, storing, view
from graphs.body import GraphBody, NodeBody
from graphs.nesting import Key
from graphs.plan import SpecLookup


def connect(body: GraphBody, spec_of: SpecLookup, is_stored: Callable[[Key], bool]) -> list[str]:
    """Points every calling node at the sub-graph it means, and leaves each sub-graph in the file once.

    Files were written whose sub-graphs had got new ids while the nodes that call them still hold the old ones."""
    graphs = list(body.family())
    parts = graphs[1:]
    facts = [_Part(part, spec_of) for part in parts]
    notes = []
    for graph in reversed(graphs):  # those that are called before those that call
        for node in storing.agents([graph]):
            called = _meant(node, body, facts)
            if called is not None:
                node.input_default |= {"graph_id": called.id, "graph_version": called.version}
                _complete(node, called, facts)
            elif not is_stored(storing.called_by(node.input_default)):
                name = node.metadata.get("customized_name") or node.input_default.get("agent_name") or node.id
                notes.append(f"The sub-agent {name!r} of {graph.name!r} is missing: the file holds no graph like it.")
    body.sub_graphs = _once(body, parts)
    for part in body.sub_graphs:
        part.sub_graphs = []
    return notes


class _Part:
    """An embedded sub-graph with the names of its pins."""

    def __init__(self, body: GraphBody, spec_of: SpecLookup) -> None:
        nodes = list(view.of_body(body, spec_of).nodes.values())
        self.body = body
        self.inputs = schemas.input_schema(nodes)
        self.outputs = schemas.output_schema(nodes)

    def fits(self, constants: Mapping[str, Any]) -> bool:
        """Does a node with these constants show the pins of this graph, in this version?"""
        return (
            constants.get("graph_version") == self.body.version
            and _names(constants.get("input_schema")) == self.inputs["properties"].keys()
            and _names(constants.get("output_schema")) == self.outputs["properties"].keys()
        )


def _names(schema: Any) -> Any:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return properties.keys() if isinstance(properties, Mapping) else None


def _meant(node: NodeBody, body: GraphBody, parts: list[_Part]) -> GraphBody | None:
    """By id and version, by id, by version and names of pins, by its own name; never by guess among several."""
    constants = node.input_default
    key = storing.called_by(constants)
    if key[0] == body.id:
        return body
    name = node.metadata.get("customized_name") or constants.get("agent_name")
    ways: Iterable[Callable[[_Part], bool]] = (
        lambda part: (part.body.id, part.body.version) == key,
        lambda part: part.body.id == key[0],
        lambda part: part.fits(constants),
        lambda part: part.body.name == name,
    )
    for way in ways:
        found = [part.body for part in parts if way(part)]
        if len(found) == 1 or (found and len({_digest(one) for one in found}) == 1):
            return found[0]
    return None


def _complete(node: NodeBody, called: GraphBody, parts: list[_Part]) -> None:
    """Files written by hand leave the copies of the schemas out."""
    part = next((one for one in parts if one.body is called), None)
    if part is not None:
        constants = node.input_default
        constants.update(
            {
                name: schema
                for name, schema in (("input_schema", part.inputs), ("output_schema", part.outputs))
                if constants.get(name) is None
            }
        )


def _once(body: GraphBody, parts: list[GraphBody]) -> list[GraphBody]:
    """Each sub-graph once; who called a copy calls the one that is left. Copies of callers are found when all agree."""
    left = parts
    while True:
        first: dict[str, GraphBody] = {}
        moved: dict[Key, Key] = {}
        for part in left:
            kept = first.setdefault(_digest(part), part)
            if kept is not part:
                moved[part.id, part.version] = (kept.id, kept.version)
        if not moved:
            return left
        left = list(first.values())
        for graph in (body, *left):
            storing.point(graph, moved)


def _digest(graph: GraphBody) -> str:
    """Equal for graphs that do the same: everything but ids, and the order in which links are written."""
    places = {node.id: place for place, node in enumerate(graph.nodes)}
    nodes = [[node.block_id, node.input_default, node.metadata] for node in graph.nodes]
    links = sorted(
        [places.get(link.source_id, -1), link.source_name, places.get(link.sink_id, -1), link.sink_name]
        for link in graph.links
    )
    return sha256(json.dumps([graph.name, graph.version, nodes, links], sort_keys=True).encode()).hexdigest()

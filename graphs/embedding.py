"""Sub-graphs inside a file: which of them a node calls, and which of them are one and the same."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Hashable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from graphs import schemas, storing, view
from graphs.body import GraphBody, NodeBody
from graphs.nesting import Key
from graphs.plan import SpecLookup


def connect(body: GraphBody, spec_of: SpecLookup, stored: Callable[[Collection[Key]], Container[Key]]) -> list[str]:
    """Points every calling node at the sub-graph it means, and leaves each sub-graph in the file once.

    Files were written whose sub-graphs had got new ids while the nodes that call them still hold the old ones."""
    graphs = list(body.family())
    parts = _Parts(graphs, spec_of)
    lost: list[tuple[str, NodeBody]] = []
    for graph in reversed(graphs):  # those that are called before those that call
        for node in storing.agents([graph]):
            called = parts.meant(node)
            if called is None:
                lost.append((graph.name, node))
            else:
                node.input_default |= {"graph_id": called.id, "graph_version": called.version}
                parts.complete(node, called)
    body.sub_graphs = _once(body, graphs[1:])
    for part in body.sub_graphs:
        part.sub_graphs = []
    existing = stored([storing.called_by(node.input_default) for _, node in lost])
    return [_missing(*one) for one in lost if storing.called_by(one[1].input_default) not in existing]


def _missing(graph: str, node: NodeBody) -> str:
    name = (_own_name(node) or node.id)[:100]
    return f"The sub-agent {name!r} of {graph!r} is missing: the file holds no graph like it."


def _own_name(node: NodeBody) -> str:
    name = node.metadata.get("customized_name") or node.input_default.get("agent_name")
    return name if isinstance(name, str) else ""


class _Parts:
    """The sub-graphs of a file, to be found by what their callers say of them."""

    def __init__(self, graphs: list[GraphBody], spec_of: SpecLookup) -> None:
        self._main, *parts = graphs
        self._schemas: dict[int, dict[str, Any]] = {}
        self._found: dict[Hashable, list[GraphBody]] = defaultdict(list)
        for part in parts:
            nodes = list(view.of_body(part, spec_of).nodes.values())
            inputs, outputs = schemas.input_schema(nodes), schemas.output_schema(nodes)
            self._schemas[id(part)] = {"input_schema": inputs, "output_schema": outputs}
            for way in ((part.id, part.version), part.id, _shape(part.version, inputs, outputs), ("name", part.name)):
                self._found[way].append(part)

    def meant(self, node: NodeBody) -> GraphBody | None:
        """By id and version, by id, by version and names of pins, by its own name; never by guess among several."""
        constants = node.input_default
        key = storing.called_by(constants)
        if key[0] == self._main.id:
            return self._main
        shape = _shape(constants.get("graph_version"), constants.get("input_schema"), constants.get("output_schema"))
        for way in (key, key[0], shape, ("name", _own_name(node))):
            found = self._found.get(way, [])
            if len(found) > 1:  # several: copies of one are as good as one, all others tell nothing, now and later
                found[:] = found[:1] if len({_digest(one) for one in found}) == 1 else []
            if len(found) == 1:
                return found[0]
        return None

    def complete(self, node: NodeBody, called: GraphBody) -> None:
        """Files written by hand leave the copies of the schemas out."""
        for name, schema in self._schemas.get(id(called), {}).items():
            if node.input_default.get(name) is None:
                node.input_default[name] = schema


def _shape(version: Any, inputs: Any, outputs: Any) -> Hashable:
    """The version and the names of the pins."""
    return str(version), frozenset(_names(inputs)), frozenset(_names(outputs))


def _names(schema: Any) -> Iterator[str]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    yield from properties if isinstance(properties, Mapping) else ()


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

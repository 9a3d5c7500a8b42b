"""Rules whose breach makes a graph unusable as a whole: ids, blocks, ends of links, names of pins (V1 to V5)."""

from collections import Counter
from collections.abc import Iterable, Iterator

from graphs.errors import GraphInvalid
from graphs.pins import base_name, is_tool
from graphs.plan import SpecLookup
from graphs.view import GraphView, LinkView, NodeView

_SHOWN = 20


def check_ids(node_ids: Iterable[str], links: Iterable[LinkView]) -> None:
    """Node ids are unique, and both ends of every link are among them (V2)."""
    counts = Counter(node_ids)
    twice = [node_id for node_id, count in counts.items() if count > 1]
    if twice:
        raise GraphInvalid(f"Several nodes have the same id: {_some(twice)}. Give each node an id of its own.")
    for link in links:
        unknown = [node_id for node_id in (link.source_id, link.sink_id) if node_id not in counts]
        if unknown:
            raise GraphInvalid(f"{link}: node id {_some(unknown)} is invalid. Node ids: {_some(counts)}")


def problems(graph: GraphView) -> Iterator[str]:
    """Unknown blocks (V1, V3) and links of pins that their blocks do not have (V4)."""
    for node in graph.nodes.values():
        if node.spec is None:
            yield f"Invalid block {node.block_id} of node {node.id}: no block with this id is known here."
    yield from misplaced(graph)


def misplaced(graph: GraphView) -> Iterator[str]:
    """Links of pins that their blocks do not have (V4)."""
    for link in graph.links:
        yield from _pin_problems(link, graph.nodes[link.source_id], graph.nodes[link.sink_id])


def _pin_problems(link: LinkView, source: NodeView, sink: NodeView) -> Iterator[str]:
    if source.spec is not None and not is_tool(link.source_name):
        allowed = source.spec.output_names if source.agent is None else source.agent.output_names
        if not _known(link.source_name, allowed):
            yield f"{link}: output pin {link.source_name!r} is invalid, Allowed fields: {_some(sorted(allowed))}"
    if sink.spec is not None:
        inputs = frozenset(sink.spec.inputs) if sink.agent is None else sink.agent.input_names
        if not _known(link.sink_name, inputs):
            yield f"{link}: input pin {link.sink_name!r} is invalid, Allowed fields: {_some(sorted(inputs))}"


def _known(pin: str, allowed: frozenset[str]) -> bool:
    return base_name(pin) in allowed or pin in allowed


def is_static(source_block: str, *, stated: bool, spec_of: SpecLookup) -> bool:
    """Links that leave a block with static output are static, whatever the file says (V5)."""
    spec = spec_of(source_block)
    return stated or (spec is not None and spec.static_output)


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more

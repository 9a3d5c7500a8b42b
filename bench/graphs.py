"""The graphs that Petiole runs here, as its clients write them down."""

from itertools import pairwise
from typing import Any
from uuid import uuid4

from bench.blocks import CountdownBlock, NoopBlock, SeriesBlock, WaitingBlock
from bench.workloads import Chain, Fan, Shape
from blocks.library.create_list import CreateListBlock

Json = dict[str, Any]


def of(shape: Shape) -> Json:
    if isinstance(shape, Chain):
        return chain(shape.length)
    return fan(shape.width) if isinstance(shape, Fan) else flood(shape.width)


def chain(length: int) -> Json:
    nodes = [_noop(x=0)] + [_noop() for _ in range(length - 1)]
    return _graph(nodes, [_link(left, "out", right, "x") for left, right in pairwise(nodes)])


def fan(width: int) -> Json:
    """The last node is one execution: every link has a dynamic pin of its own."""
    first, last = _noop(x=0), _node(CreateListBlock.id)
    middle = [_noop() for _ in range(width)]
    links = [_link(first, "out", node, "x") for node in middle]
    links += [_link(node, "out", last, f"values_$_{number}") for number, node in enumerate(middle)]
    return _graph([first, *middle, last], links)


def flood(width: int) -> Json:
    """The last node is executed once for every link: they all lead to the same plain pin."""
    first, last = _noop(x=0), _noop()
    middle = [_noop() for _ in range(width)]
    links = [_link(first, "out", node, "x") for node in middle]
    return _graph([first, *middle, last], links + [_link(node, "out", last, "x") for node in middle])


def loop(passes: int) -> Json:
    """One node that starts another, which feeds itself."""
    first, node = _noop(x=passes - 1), _node(CountdownBlock.id)
    return _graph([first, node], [_link(first, "out", node, "left"), _link(node, "again", node, "left")])


def series(outputs: int) -> Json:
    """One node that emits many values, and one that is executed for each of them."""
    first, last = _node(SeriesBlock.id, number=outputs), _noop()
    return _graph([first, last], [_link(first, "out", last, "x")])


def beside_each_other(nodes: int) -> Json:
    """Nodes without links: all of them are ready at once."""
    return _graph([_noop(x=0) for _ in range(nodes)], [])


def waiters(nodes: int, seconds: float) -> Json:
    """Nodes without links, each of which waits for something outside."""
    return _graph([_node(WaitingBlock.id, seconds=seconds) for _ in range(nodes)], [])


def _graph(nodes: list[Json], links: list[Json]) -> Json:
    return {"name": "bench", "description": "", "nodes": nodes, "links": links}


def _noop(**constants: Any) -> Json:
    return _node(NoopBlock.id, **constants)


def _node(block_id: str, **constants: Any) -> Json:
    return {"id": str(uuid4()), "block_id": block_id, "input_default": constants, "metadata": {}}


def _link(source: Json, source_pin: str, sink: Json, sink_pin: str) -> Json:
    ends = {"source_id": source["id"], "sink_id": sink["id"]}
    return ends | {"source_name": source_pin, "sink_name": sink_pin, "is_static": False}

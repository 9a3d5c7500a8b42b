"""Short ways to write graphs down in tests."""

from collections.abc import Iterable
from typing import Any

from blocks.sdk import Block
from graphs.body import GraphBody, parse


def node(
    node_id: str, block: type[Block] | str, constants: dict[str, Any] | None = None, **metadata: Any
) -> dict[str, Any]:
    block_id = block if isinstance(block, str) else block.id
    return {"id": node_id, "block_id": block_id, "input_default": constants or {}, "metadata": metadata}


def link(text: str) -> dict[str, Any]:
    """`a.out -> b.x`, with `=>` for a static link."""
    source, arrow, sink = text.split()
    (source_id, source_name), (sink_id, sink_name) = source.split(".", 1), sink.split(".", 1)
    ends = {"source_id": source_id, "source_name": source_name, "sink_id": sink_id, "sink_name": sink_name}
    return {**ends, "is_static": arrow == "=>"}


def graph(nodes: Iterable[dict[str, Any]], links: Iterable[str] = (), **more: Any) -> dict[str, Any]:
    return {"name": "sample", "nodes": list(nodes), "links": [link(text) for text in links], **more}


def body(nodes: Iterable[dict[str, Any]], links: Iterable[str] = (), **more: Any) -> GraphBody:
    return parse(graph(nodes, links, **more))

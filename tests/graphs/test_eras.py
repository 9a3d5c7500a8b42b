"""Graphs of other installations mean the same here."""

from typing import Any

from graphs import eras
from graphs.body import parse

CONCATENATE, STORE = "3cf9298b-5817-4141-9d80-7c2cc5199c8e", "1ff065e9-88e8-4358-9d82-8dc91f622ba9"


def joined(pin: str, **constants: Any) -> dict[str, Any]:
    """The constants of a node that joins lists, after the import; a link leaves `pin`."""
    nodes = [
        {"id": "join", "block_id": CONCATENATE, "input_default": {"lists": [[1]], **constants}},
        {"id": "store", "block_id": STORE, "input_default": {}},
    ]
    link = {"source_id": "join", "source_name": pin, "sink_id": "store", "sink_name": "input"}
    graph = parse({"name": "joined", "nodes": nodes, "links": [link]})
    eras.modernise(graph, early=False)
    return graph.nodes[0].input_default


def test_a_length_that_a_link_takes_is_emitted() -> None:
    assert joined("length") == {"lists": [[1]], "emit_length": True}
    assert joined("length", emit_length=False) == {"lists": [[1]], "emit_length": False}
    assert joined("concatenated_list") == {"lists": [[1]]}

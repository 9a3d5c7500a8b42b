"""Scenario files of the conformance suite as graphs for the reference interpreter and for the engine in one process."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.conformance import run as suite
from tests.reference.blocks import BLOCKS
from tests.reference.interpreter import Choose, Interpretation, begin, finish, first

T = TypeVar("T")

Json = dict[str, Any]

SUITE = Path(suite.HERE) / "scenarios"
ROWS = Path(__file__).parent / "rows"
# What a scenario may contain to be a run of one graph, without credits, sub-graphs, time and HTTP.
_TIMED = "lifecycle.json"
_PLAIN = {"id", "title", "spec", "observed", "note", "graph", "inputs", "masks", "expect"}


@dataclass(frozen=True)
class Scenario:
    """A graph and what it is run with. `nodes`: key → (block, constants, metadata); `links` as in "a.out -> b.x".

    In masks and expectations {{node:key}} stands for the id of a node."""

    nodes: Mapping[str, tuple[str, Json, Json]]
    links: Sequence[str]
    inputs: Json = field(default_factory=dict)
    masks: dict[str, Json] = field(default_factory=dict)
    id: str = ""
    expect: Json = field(default_factory=dict)

    @property
    def body(self) -> Json:
        """The graph in the form of the API; keys are ids."""
        return {
            "name": self.id,
            "nodes": [
                {"id": key, "block_id": BLOCKS[block].id, "input_default": constants, "metadata": metadata}
                for key, (block, constants, metadata) in self.nodes.items()
            ],
            "links": [link_of(text) for text in self.links],
        }

    def masks_for(self, ids: Mapping[str, str]) -> dict[str, Json]:
        """The masks when the nodes have these ids; keys of nodes stay."""
        return with_ids(self.masks, ids)

    def begun(self) -> Interpretation:
        """A run of it; keys are ids. Raises Refused."""
        return begin(self.body, inputs=self.inputs, masks=self.masks_for(self.keys))

    def interpreted(self, choose: Choose = first, *, limit: int = 1000) -> Interpretation:
        """What comes of it."""
        return finish(self.begun(), choose, limit)

    @property
    def keys(self) -> dict[str, str]:
        return {key: key for key in self.nodes}


def with_ids(value: T, ids: Mapping[str, str]) -> T:
    """JSON with ids in the place of {{node:key}}."""
    text = json.dumps(value)
    for key, node_id in ids.items():
        text = text.replace(f"{{{{node:{key}}}}}", node_id)
    filled: T = json.loads(text)
    return filled


def link_of(text: str) -> Json:
    left, arrow, right = text.split(" ")
    source, source_name = left.split(".", 1)
    sink, sink_name = right.split(".", 1)
    return {
        "source_id": source,
        "source_name": source_name,
        "sink_id": sink,
        "sink_name": sink_name,
        "is_static": arrow == "=>",
    }


def load(folder: Path) -> list[Scenario]:
    """The scenarios that are a run of one graph of known blocks."""
    blocks = suite.load_blocks(suite.HERE / "blocks.json")
    found = suite.load_scenarios([folder], blocks)
    return [_scenario(one.data, blocks) for one in found if one.source != _TIMED and _is_plain(one.data)]


def _is_plain(data: Mapping[str, Any]) -> bool:
    blocks = [node["block"] for node in data["graph"]["nodes"].values()]
    return data.keys() <= _PLAIN and "status" in data["expect"] and all(block in BLOCKS for block in blocks)


def _scenario(data: Mapping[str, Any], blocks: dict[str, str]) -> Scenario:
    graph = data["graph"]
    context = suite.Context(blocks, "")
    nodes = {
        key: (node["block"], context.fill(node.get("input", {})), node.get("metadata", {}))
        for key, node in graph["nodes"].items()
    }
    return Scenario(
        id=data["id"],
        nodes=nodes,
        links=graph.get("links", []),
        inputs=context.fill(data.get("inputs", {})),
        masks=context.fill(data.get("masks", {})),
        expect=context.fill(data["expect"]),
    )


def differences(scenario: Scenario, detail: Mapping[str, Any]) -> Iterator[str]:
    """What in a run is not as the scenario expects, judged as the suite does; node ids are the scenario's keys."""
    expect, stats = with_ids(scenario.expect, scenario.keys), detail["stats"]
    if detail["status"] != expect["status"]:
        yield f"status {detail['status']}"
    for name in ("node_exec_count", "node_error_count"):
        if name in expect and not suite.matches(expect[name], stats[name]):
            yield f"{name} {stats[name]}"
    if "outputs" in expect and not suite.matches(expect["outputs"], detail["outputs"]):
        yield f"outputs {detail['outputs']}"
    for key, wanted in expect.get("nodes", {}).items():
        own = [one for one in detail["node_executions"] if one["node_id"] == key]
        yield from suite.compare_node(key, wanted, own)

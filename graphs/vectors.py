"""Recorded cases: what blocks emitted for an input and what nodes made of their data, held against today's blocks.

A file is one JSON object. `vectors` maps names of blocks to calls, `xml` holds calls of the parser of tags, and
`engine_coercion` holds nodes with their constants and what arrived. Every part may be missing.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import outbound
from blocks import registry
from blocks.sdk.brief import brief
from blocks.sdk.cases import call
from blocks.sdk.context import Context
from blocks.sdk.spec import BlockSpec
from blocks.sdk.values import same
from graphs.inputs import prepare
from graphs.plan import LinkRow, NodeRow, PlanNode, compile_plan

_NOBODY: Final = UUID(int=0)
# how the recorded client named itself; any name will do
_ANY_CLIENT: Final = "AutoGPT-Platform/"
_ERRORS: Final = (ValueError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One case. `difference` says what is not as recorded, or None; it takes the
    address of the echo server."""

    title: str
    spec: BlockSpec | None
    difference: Callable[[str], str | None]


def parse(text: str) -> list[Recorded]:
    """The cases in a file. ValueError when it is none of vectors. NaN and Infinity are what they travel as here."""
    return read(json.loads(text, parse_constant=str))


def read(document: Any) -> list[Recorded]:
    if not isinstance(document, Mapping):
        raise ValueError("the file must hold one JSON object")
    blocks = document.get("vectors", {})
    rows = {name: document.get(name, []) for name in ("xml", "engine_coercion")}
    if not isinstance(blocks, Mapping) or not all(
        isinstance(part, list) for part in (*blocks.values(), *rows.values())
    ):
        raise ValueError("vectors must map names of blocks to lists; xml and engine_coercion must be lists")
    by_name = {spec.name: spec for spec in registry.catalogue()}
    found = [*_calls(blocks, by_name), *_markup(rows["xml"], by_name), *_nodes(rows["engine_coercion"], by_name)]
    if not found:
        raise ValueError("the file holds no cases: vectors, xml and engine_coercion are missing or empty")
    return found


def _calls(blocks: Mapping[str, Any], by_name: Mapping[str, BlockSpec]) -> Iterator[Recorded]:
    for name, cases in blocks.items():
        for number, case in enumerate(cases):
            spec = by_name.get(name)
            yield Recorded(f"{name} {number}", spec, partial(_safely, _call, spec, case))


def _markup(rows: list[Any], by_name: Mapping[str, BlockSpec]) -> Iterator[Recorded]:
    spec = by_name["XMLParserBlock"]
    for number, row in enumerate(rows):
        yield Recorded(f"xml {number}", spec, partial(_safely, _parse, spec, row))


def _nodes(rows: list[Any], by_name: Mapping[str, BlockSpec]) -> Iterator[Recorded]:
    for number, row in enumerate(rows):
        name = row.get("block") if isinstance(row, Mapping) else None
        spec = by_name.get(str(name))
        yield Recorded(f"engine_coercion {number} {name}", spec, partial(_safely, _node, spec, row))


def _safely(compare: Callable[..., str | None], spec: BlockSpec | None, case: Any, server: str) -> str | None:
    if spec is None:
        return "there is no block of this name"
    if spec.implementation is None:
        return "the block has no implementation"
    try:
        return compare(spec, case, server)
    except _ERRORS as wrong:
        return f"the case cannot be read: {type(wrong).__name__}: {wrong}"


def _parse(spec: BlockSpec, row: Mapping[str, Any], server: str) -> str | None:
    outputs = [] if "raises" in row else [["parsed_xml", row["parsed"]]]
    return _call(spec, {**row, "input": {"input_xml": row["input_xml"]}, "outputs": outputs}, server)


def _call(spec: BlockSpec, case: Mapping[str, Any], server: str) -> str | None:
    emitted, failure = _emitted(spec, _addressed(case["input"], server), server)
    if (failure is not None) != ("raises" in case):
        return f"it raised {brief(failure)}" if failure else f"it did not fail; recorded was {case['raises']}"
    recorded = _addressed(case["outputs"], server)
    if not _alike(recorded, emitted):
        return f"it emitted {brief(emitted)}; recorded was {brief(recorded)}"
    return None


def _emitted(spec: BlockSpec, data: Mapping[str, Any], server: str) -> tuple[list[Any], str | None]:
    """What the block emits until it fails, and how it fails."""
    emitted: list[tuple[str, Any]] = []
    failure = None
    with tempfile.TemporaryDirectory() as folder, outbound.allowing(server):
        try:
            call(spec, data, Context(files=Path(folder)), into=emitted)
        except Exception as wrong:  # whatever it is, it is compared with what was recorded
            failure = f"{type(wrong).__name__}: {wrong}"
    for place, (name, value) in enumerate(emitted):
        problem = spec.output_problem(name, value)
        if problem is not None:
            return [list(item) for item in emitted[:place]], problem
    return [list(item) for item in emitted], failure


def _addressed(value: Any, server: str) -> Any:
    """With the address of the echo server for the word SERVER."""
    if isinstance(value, str):
        return value.replace("SERVER", server)
    if isinstance(value, list):
        return [_addressed(item, server) for item in value]
    return {name: _addressed(item, server) for name, item in value.items()} if isinstance(value, dict) else value


def _alike(recorded: Any, found: Any) -> bool:
    if isinstance(recorded, str) and recorded.startswith(_ANY_CLIENT):
        return isinstance(found, str)
    if isinstance(recorded, list) and isinstance(found, list):
        return len(recorded) == len(found) and all(map(_alike, recorded, found))
    if isinstance(recorded, dict) and isinstance(found, dict):
        return recorded.keys() == found.keys() and all(_alike(item, found[name]) for name, item in recorded.items())
    return same(recorded, found)


def _node(spec: BlockSpec, row: Mapping[str, Any], _server: str) -> str | None:
    prepared = prepare(_planned(spec, row["node_defaults"], row["linked_pins"]), spec, row["pin_data"])
    if (prepared.problem is None) != row["ready"]:
        return f"it is not ready: {prepared.problem}" if prepared.problem else "it is ready"
    if row["ready"] and not _alike(row["result"], prepared.data):
        return f"its data is {brief(prepared.data)}; recorded was {brief(row['result'])}"
    return None


def _planned(spec: BlockSpec, constants: Mapping[str, Any], pins: list[str]) -> PlanNode:
    """A node of the block with a link into each of the pins."""
    node, source = uuid5(_NOBODY, "node"), uuid5(_NOBODY, "source")
    links = [
        LinkRow(uuid5(_NOBODY, pin), source, "output", node, pin, is_static=False, position=at)
        for at, pin in enumerate(pins)
    ]
    plan = compile_plan(
        graph_id=_NOBODY,
        version=1,
        version_id=_NOBODY,
        name="recorded",
        nodes=[NodeRow(node, spec.id, constants, {}, 0)],
        links=links,
        spec_of=registry.get,
    )
    return plan.nodes[node]

"""Brings graphs of older agent files up to date: block ids, pins and constants that have changed since 2024."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from blocks import registry
from blocks.sdk.spec import BlockSpec
from graphs.body import GraphBody, LinkBody, NodeBody
from graphs.confidential import is_declared, is_obsolete, is_reference
from graphs.pins import base_name

CONCATENATE_LISTS: Final = "3cf9298b-5817-4141-9d80-7c2cc5199c8e"
COMBINE_TEXTS: Final = "e30a4d42-7b7d-4e6a-b36e-1f9b8e3b7d85"
WEB_REQUEST: Final = "6595ae1f-b924-42cb-9a41-551a0611c4b4"
AGENT: Final = "e189baac-8c20-45a1-94a7-55177ea42565"
LIST_ITERATOR: Final = "f8e7d6c5-b4a3-2c1d-0e9f-8g7h6i5j4k3l"
_TELLS_THE_TIME: Final = frozenset(
    {
        "a892b8d9-3e4e-4e9c-9c1e-75f8efcf1bfa",
        "b29c1b50-5d0e-4d9f-8f9d-1b0e6fcbf0b1",
        "716a67b3-6760-42e7-86dc-18645c6e00fc",
    }
)
_NUMBERED: Final = re.compile(r"input([1-9][0-9]{0,3})(?=$|_[$#@]_)")
# What only files of before mid-2025 say of a graph.
_EARLY_MARKS: Final = frozenset({"is_template", "has_webhook_trigger"})


def is_early(document: Mapping[str, Any]) -> bool:
    """Was the file written before mid-2025?"""
    return bool(_EARLY_MARKS & document.keys())


def modernise(graph: GraphBody, *, early: bool) -> list[str]:
    """Changes the graph to what today's blocks mean by it. What a person should know of that, in sentences."""
    iterators = {node.id for node in graph.nodes if node.block_id == LIST_ITERATOR}
    for node in graph.nodes:
        node.block_id = registry.canonical_id(node.block_id)
    specs = {node.id: registry.get(node.block_id) for node in graph.nodes}
    notes = [note for node in graph.nodes for note in _node(node, specs[node.id], early=early)]
    sinks = {node.id: node.block_id for node in graph.nodes}
    emits_length = {link.source_id for link in graph.links if link.source_name == "length"}
    for node in graph.nodes:
        if node.block_id == CONCATENATE_LISTS and node.id in emits_length:
            node.input_default.setdefault("emit_length", True)
    for link in graph.links:
        if sinks.get(link.sink_id) == COMBINE_TEXTS:
            link.sink_name = _numbered(link.sink_name)
        if link.source_id in iterators:
            link.source_name = _of_pair(link.source_name)
    return [*notes, *_drop_secret_links(graph, specs)]


def _node(node: NodeBody, spec: BlockSpec | None, *, early: bool) -> Iterable[str]:
    constants = node.input_default
    if node.block_id == COMBINE_TEXTS:
        node.input_default = constants = {_numbered(pin): value for pin, value in constants.items()}
    if node.block_id == WEB_REQUEST and early:
        constants.setdefault("json_format", False)
    if node.block_id == AGENT and "data" in constants:
        data = constants.pop("data")
        constants.setdefault("inputs", data)
    if node.block_id in _TELLS_THE_TIME and isinstance(constants.get("format"), str):
        _format(constants)
    if spec is not None:
        yield from _credentials(node, spec)
        yield from _models(node, spec)


def _numbered(pin: str) -> str:
    """input1, input2 … of the text combiner are elements of one list today."""
    found = _NUMBERED.match(pin)
    return pin if found is None else f"input_$_{int(found[1]) - 1}{pin[found.end() :]}"


def _of_pair(pin: str) -> str:
    """The list iterator emitted pairs of index and item as `item`."""
    if pin == "item_$_0":
        return "key"
    return pin.replace("item_$_1", "item", 1) if pin.startswith("item_$_1") else pin


def _format(constants: dict[str, Any]) -> None:
    pattern = constants.pop("format")
    if pattern:
        today = {"discriminator": "strftime", "format": pattern, "timezone": "UTC", "use_user_timezone": False}
        constants.setdefault("format_type", today)


def _credentials(node: NodeBody, spec: BlockSpec) -> Iterable[str]:
    """Credentials of whoever wrote the file are of no use here, and secrets should not be in it."""
    constants = node.input_default
    gone = [
        pin
        for pin, value in constants.items()
        if base_name(pin) in spec.credentials or is_reference(pin, value) or is_obsolete(pin, spec)
    ]
    for pin in gone:
        del constants[pin]
    if gone:
        yield f"{spec.name} {node.id}: {', '.join(gone)} was taken out; choose credentials of your own."


def _models(node: NodeBody, spec: BlockSpec) -> Iterable[str]:
    """A model that nobody serves any more is replaced by the one that new nodes get."""
    for credential in spec.credentials.values():
        name, served = credential.discriminator, credential.discriminator_mapping
        stated = node.input_default.get(name) if name else None
        pin = spec.inputs.get(name) if name else None
        if name and served and pin and pin.has_default and isinstance(stated, str) and stated not in served:
            node.input_default[name] = pin.default
            yield f"{spec.name} {node.id}: {name} {stated[:100]!r} is unknown here; it was replaced by {pin.default!r}."


def _drop_secret_links(graph: GraphBody, specs: Mapping[str, BlockSpec | None]) -> list[str]:
    notes = []
    kept: list[LinkBody] = []
    for link in graph.links:
        spec = specs.get(link.sink_id)
        if spec is not None and (is_obsolete(link.sink_name, spec) or _into_credentials(link, spec)):
            notes.append(f"{spec.name} {link.sink_id} takes credentials: the link into {link.sink_name} was removed.")
        else:
            kept.append(link)
    graph.links = kept
    return notes


def _into_credentials(link: LinkBody, spec: BlockSpec) -> bool:
    return is_declared(link.sink_name, spec) and base_name(link.sink_name) in spec.credentials

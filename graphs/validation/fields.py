"""Rules of single fields of nodes: required ones, reserved names, fields that need others (V6 to V9, D19, D20, D27)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from blocks.sdk.kinds import BlockType
from blocks.sdk.spec import BlockSpec
from graphs import retry, subagents
from graphs.pins import base_name
from graphs.view import NodeView

REQUIRED: Final = "This field is required"
# The types whose required fields shape the graph itself, so that they have to be there when it is saved.
CHECKED_WHEN_SAVED: Final = frozenset({BlockType.INPUT, BlockType.OUTPUT, BlockType.AGENT})


def when_saved(node: NodeView, linked: frozenset[str]) -> dict[str, str]:
    """What keeps a graph with this node from being saved: field → message."""
    if node.spec is None:
        return {}
    problems = retry.read(node.metadata)[2]
    if node.type in CHECKED_WHEN_SAVED:
        problems |= dict.fromkeys(_missing(node, node.spec, linked, {}), REQUIRED)
    return problems | dict(_names(node)) | (subagents.problems(node.constants) if node.agent else {})


def when_run(node: NodeView, linked: frozenset[str], mask: Mapping[str, Any]) -> dict[str, str]:
    """What keeps a run from using this node: field → message. Credentials are looked at elsewhere."""
    if node.spec is None or node.type is BlockType.NOTE:
        return {}
    problems = {"block_id": node.spec.disabled} if node.spec.disabled else {}
    problems |= when_saved(node, linked)
    problems |= dict.fromkeys(_missing(node, node.spec, linked, mask), REQUIRED)
    if node.agent is not None and not linked:
        given = node.agent.inputs.keys() | {base_name(name) for name in mask}
        problems |= {name: REQUIRED for name in node.agent.required if name not in given}
    return problems | dict(_dependencies(node, node.spec, linked, mask))


def miswired(node: NodeView, linked: frozenset[str], static: frozenset[str]) -> Mapping[str, str]:
    """What its block says of the links into a node: field → message."""
    return {} if node.spec is None else node.spec.miswired({pin: pin in static for pin in linked})


def _missing(node: NodeView, spec: BlockSpec, linked: frozenset[str], mask: Mapping[str, Any]) -> Iterator[str]:
    given: set[str] | None = None
    for name, pin in spec.inputs.items():
        if not pin.required or name in spec.credentials or name in node.constants or name in linked or name in mask:
            continue
        if given is None:
            given = {base_name(key) for key in (*node.constants, *mask)}
        if name not in given:
            yield name


def _names(node: NodeView) -> Iterator[tuple[str, str]]:
    """Graph inputs and outputs are known by their names (V7, D19)."""
    if node.type not in {BlockType.INPUT, BlockType.OUTPUT} or "name" not in node.constants:
        return
    name = node.constants["name"]
    if name is None or (name == "" and node.type is BlockType.INPUT):
        yield "name", REQUIRED
    elif not isinstance(name, str):
        yield "name", "The name must be a text"
    elif node.type is BlockType.INPUT and (name == "credentials" or name.endswith("_credentials")):
        yield "name", f"{name[:100]!r} is a reserved input name: names of credentials belong to credentials fields"


def _dependencies(
    node: NodeView, spec: BlockSpec, linked: frozenset[str], mask: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """A field in use needs the fields that it depends on (V8), a credentials field its discriminator (V9)."""
    for name, pin in spec.inputs.items():
        needed = list(pin.depends_on)
        credential = spec.credentials.get(name)
        if credential is not None and credential.discriminator:
            needed.append(credential.discriminator)
        if not needed or not (pin.required or _has_value(name, node, linked, mask)):
            continue
        missing = [other for other in needed if not _has_value(other, node, linked, mask)]
        if missing:
            yield name, f"Requires {', '.join(missing)} to be set"


def _has_value(name: str, node: NodeView, linked: frozenset[str], mask: Mapping[str, Any]) -> bool:
    constant = node.constants.get(name)
    if name in linked or name in mask or (constant is not None and str(constant).strip()):
        return True
    pin = node.spec.inputs.get(name) if node.spec else None
    return pin is not None and pin.has_default and pin.default is not None

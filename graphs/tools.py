"""The nodes that a block may call: those linked from its pin `tools`, described as functions."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from blocks import registry
from blocks.sdk import BlockSpec, Tool
from graphs.pins import base_name, is_dynamic, is_tool
from graphs.plan import Plan, PlanLink, PlanNode

_LONGEST = 64  # what providers take as the name of a function
# What providers do not take, or what is about forms and not about values.
_UNTOLD = frozenset({"advanced", "secret", "hidden", "placeholder", "depends_on", "default", "title"})


# (graph id, version) of an agent → its name and its description
Agents: TypeAlias = Mapping[tuple[str, int], tuple[str, str]]


def agents_of(plan: Plan, node: PlanNode) -> set[tuple[str, int]]:
    """The agents that the node may call, by graph id and version."""
    sinks = (plan.nodes[link.sink_id].agent for link in node.outbound if is_tool(link.source_name))
    return {(agent.graph_id, agent.graph_version) for agent in sinks if agent is not None}


def tools_of(plan: Plan, node: PlanNode, agents: Agents | None = None) -> tuple[Tool, ...]:
    """One function for each node at the end of such a link, in the order of the links."""
    links: dict[Any, list[PlanLink]] = {}
    for link in node.outbound:
        if is_tool(link.source_name):
            links.setdefault(link.sink_id, []).append(link)
    taken: set[str] = set()
    return tuple(_tool(plan.nodes[sink_id], found, taken, agents or {}) for sink_id, found in links.items())


def _tool(sink: PlanNode, links: list[PlanLink], taken: set[str], agents: Agents) -> Tool:
    name, description = _named(sink, agents)
    spec = registry.get(sink.block_id)
    pins = dict(_arguments([link.sink_name for link in links]))
    properties = {argument: _schema(sink, spec, pin) for argument, pin in pins.items()}
    required = [argument for argument, pin in pins.items() if _required(sink, spec, pin)]
    return Tool(
        node_id=str(sink.id),
        name=_unique(cleaned(name).lower() or "tool", taken),
        description=description,
        parameters={"type": "object", "properties": properties, "required": required, "additionalProperties": False},
        pins=pins,
    )


def cleaned(name: str) -> str:
    """The name as providers take it."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:_LONGEST]


def _unique(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name[: _LONGEST - 4]}_{number}"
    taken.add(found)
    return found


def _arguments(pins: list[str]) -> Iterator[tuple[str, str]]:
    taken: set[str] = set()
    for pin in dict.fromkeys(pins):
        yield _unique(cleaned(pin).lower() or "value", taken), pin


def _named(sink: PlanNode, agents: Agents) -> tuple[str, str]:
    """Name and description: what the node's metadata say, or what its block or its agent says of itself."""
    name, told = _text(sink.metadata, "customized_name"), _text(sink.metadata, "description")
    if sink.agent is None:
        spec = registry.get(sink.block_id)
        return name or (spec.name if spec else "tool"), told or (spec.description if spec else "")
    own, about = agents.get((sink.agent.graph_id, sink.agent.graph_version), ("", ""))
    name = name or own or _text(sink.constants, "agent_name") or "agent"
    return name, told or about or f"Runs the agent {name}."


def _text(values: Mapping[str, Any], key: str) -> str:
    found = values.get(key)
    return found if isinstance(found, str) else ""


def _schema(sink: PlanNode, spec: BlockSpec | None, pin: str) -> dict[str, Any]:
    if sink.agent is not None:
        told = _stored(sink, pin)
        kept = {word: told[word] for word in ("description", "default") if word in told}
        return {"type": "string", "description": f"The input {pin} of the agent."} | kept
    if is_dynamic(pin) or spec is None or pin not in spec.inputs:
        return {"type": "string", "description": f"The part {pin} of the input {base_name(pin)}."}
    return {word: value for word, value in spec.inputs[pin].schema.items() if word not in _UNTOLD}


def _stored(sink: PlanNode, pin: str) -> Mapping[str, Any]:
    schema = sink.constants.get("input_schema")
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    found = properties.get(pin) if isinstance(properties, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _required(sink: PlanNode, spec: BlockSpec | None, pin: str) -> bool:
    if sink.agent is not None:
        return pin in sink.agent.required
    found = spec.inputs.get(base_name(pin)) if spec else None
    return found is not None and found.required

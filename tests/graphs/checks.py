"""Saving and running graphs of a few words, without a database: what the rules say of them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

import pytest

from graphs.body import GraphBody
from graphs.errors import GraphValidationError
from graphs.plan import LinkRow, NodeRow, Plan, compile_plan
from graphs.validate import Lookup, NoCredentials, RunCheck, check_run, check_saved
from tests.graphs import specs
from tests.graphs.bodies import body, node
from tests.graphs.specs import spec_of

SPACE = UUID(int=7)


def uid(key: str) -> UUID:
    return uuid5(SPACE, key)


def plan_of(graph: GraphBody) -> Plan:
    nodes = [NodeRow(uid(n.id), n.block_id, n.input_default, n.metadata, i) for i, n in enumerate(graph.nodes)]
    links = [
        LinkRow(uid(f"{i}"), uid(x.source_id), x.source_name, uid(x.sink_id), x.sink_name, x.is_static, i)
        for i, x in enumerate(graph.links)
    ]
    return compile_plan(
        graph_id=uid("g"), version=1, version_id=uid("v"), name="g", nodes=nodes, links=links, spec_of=spec_of
    )


def run(
    nodes: Iterable[dict[str, Any]],
    links: Iterable[str] = (),
    *,
    inputs: dict[str, Any] | None = None,
    masks: Any = None,
    chosen: dict[str, Any] | None = None,
    children: Iterable[GraphBody] = (),
    lookup: Lookup | None = None,
) -> RunCheck:
    return check_run(
        plan_of(body(nodes, links)),
        [plan_of(child) for child in children],
        inputs=inputs or {},
        masks={} if masks is None else masks,
        credentials_inputs=chosen or {},
        spec_of=spec_of,
        lookup=lookup or NoCredentials(),
    )


def errors(*args: Any, **named: Any) -> dict[str, dict[str, str]]:
    with pytest.raises(GraphValidationError) as caught:
        run(*args, **named)
    keys = {str(uid(key)): key for key in "abcdefghik"}
    return {keys[node_id]: fields for node_id, fields in caught.value.node_errors.items()}


def save(nodes: Iterable[dict[str, Any]], links: Iterable[str] = (), **more: Any) -> None:
    check_saved(body(nodes, links, **more), spec_of)


def echo(key: str, **constants: Any) -> dict[str, Any]:
    return node(key, specs.EchoBlock, constants)


def agent(key: str, inputs: dict[str, Any] | None = None, required: tuple[str, ...] = ("q",)) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"q": {}, "Blog Title": {}}, "required": list(required)}
    stored = {"user_id": "u", "graph_id": "g", "graph_version": 1, "inputs": inputs or {}, "input_schema": schema}
    return node(key, specs.AgentBlock, {**stored, "output_schema": {"properties": {"ans": {}}}})

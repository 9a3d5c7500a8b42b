"""Requests that are refused: the answer names the place, and nothing is stored."""

import json
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from blocks.library.agent_input import AgentInputBlock
from graphs.models import Graph, GraphVersion, Node
from tests.conformance_blocks.echo import EchoBlock
from tests.graphs.bodies import graph, node


def echo(key: str, **constants: Any) -> dict[str, Any]:
    return node(key, EchoBlock, constants)


PAIR = graph([echo("a", x=1), echo("b")], ["a.out -> b.x"], description="d")


def refused(api: APIClient, body: Any, code: int) -> dict[str, Any]:
    answer = api.post("/v1/graphs", body)
    assert answer.status_code == code
    assert Node.objects.count() == GraphVersion.objects.count() == Graph.objects.count() == 0
    assert set(answer.json()) == {"message", "detail", "hint"}
    return dict(answer.json())


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "body.graph"),
        ([], "body"),
        ({"graph": None}, "body.graph"),
        ({"graph": []}, "body.graph"),
        ({"graph": {"name": "g"}}, "body.graph.nodes"),
        ({"graph": {"nodes": []}}, "body.graph.name"),
        ({"graph": {**PAIR, "nodes": 5}}, "body.graph.nodes"),
        ({"graph": {**PAIR, "links": [{"source_id": "a"}]}}, "body.graph.links.0.sink_id"),
        ({"graph": {**PAIR, "nodes": [{"id": "a", "block_id": 5}]}}, "body.graph.nodes.0.block_id"),
        ({"graph": {**PAIR, "sub_graphs": [5]}}, "body.graph.sub_graphs.0"),
    ],
)
def test_a_body_of_a_wrong_shape_is_refused_and_the_place_named(api: APIClient, body: Any, place: str) -> None:
    answer = refused(api, body, 422)
    assert place in [".".join(map(str, problem["loc"])) for problem in answer["detail"]]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (graph([echo("a")], ["a.nope -> a.x"]), ["nope", "invalid, Allowed fields"]),
        (graph([echo("a")], ["ghost.out -> a.x"]), ["ghost"]),
        (graph([{"id": "a", "block_id": "unknown-block"}]), ["Invalid block", "unknown-block"]),
        (graph([node("i", AgentInputBlock, {"name": "my_credentials"})]), ["reserved"]),
        (graph([node("i", AgentInputBlock)]), ["name", "This field is required"]),
        (graph([echo("a"), echo("a")]), ["same id"]),
    ],
)
def test_a_broken_rule_is_told_and_nothing_is_stored(api: APIClient, body: dict[str, Any], words: list[str]) -> None:
    answer = refused(api, {"graph": body}, 400)
    assert all(word in answer["message"] for word in words)
    assert answer["hint"]


@pytest.mark.parametrize("text", ["{", '{"graph": NaN}', "[" * 50_000, '{"a":' * 50_000, ""])
def test_text_that_is_no_json_is_refused(api: APIClient, text: str) -> None:
    answer = api.generic("POST", "/v1/graphs", text, content_type="application/json")
    assert answer.status_code == 422


def test_numbers_beyond_all_bounds_and_half_characters_are_refused(api: APIClient) -> None:
    for value in ("1e999", '"\\ud800"'):
        text = json.dumps({"graph": PAIR}).replace('"x": 1', f'"x": {value}')
        answer = api.generic("POST", "/v1/graphs", text, content_type="application/json")
        assert (answer.status_code, "input_default" in answer.json()["message"]) == (422, True)


def test_a_body_in_another_format_is_refused(api: APIClient) -> None:
    assert api.generic("POST", "/v1/graphs", "name=x", content_type="text/plain").status_code == 415


def test_an_address_that_is_no_id_is_not_found(api: APIClient) -> None:
    assert api.get("/v1/graphs/not-an-id").status_code == 404
    assert api.get(f"/v1/graphs/{uuid4()}/versions/99999999999999999999").status_code == 404

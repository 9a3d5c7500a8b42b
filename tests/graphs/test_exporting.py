"""What leaves the house with an exported graph, and what does not."""

import json
from typing import Any

import pytest

import credentials.services
from accounts.models import User
from blocks.library.agent_executor import AgentExecutorBlock
from blocks.library.agent_input import AgentInputBlock
from graphs import services
from graphs.exporting import export
from graphs.plans import plan_of
from tests.conformance_blocks.echo import EchoBlock
from tests.conformance_blocks.special import KeyedBlock
from tests.graphs.bodies import graph, node

TEXT_GENERATOR = "1f292d4a-41a4-4977-9684-7c8d560b9f91"


def exported(user: User, *nodes: dict[str, Any]) -> dict[str, Any]:
    return export(services.create(user, graph(nodes)))


def constants(user: User, one: dict[str, Any]) -> dict[str, Any]:
    return dict(exported(user, one)["nodes"][0]["input_default"])


@pytest.mark.parametrize("key", ["api_key", "my_API_KEY", "Password", "bot_token", "client_secret", "x_credentials"])
def test_constants_whose_names_tell_of_secrets_stay_here_at_any_depth(user: User, key: str) -> None:
    kept = constants(user, node("a", EchoBlock, {key: "1", "x": [{"deep": {key: "1", "ok": 2}}]}))
    assert kept == {"x": [{"deep": {"ok": 2}}]}


def test_switches_are_no_secrets(user: User) -> None:
    assert constants(user, node("a", EchoBlock, {"secret": True, "x": 1})) == {"secret": True, "x": 1}


def test_a_number_that_the_block_declares_is_a_setting(user: User) -> None:
    generator = {"id": "a", "block_id": TEXT_GENERATOR, "input_default": {"max_tokens": 100, "token": 5, "prompt": "p"}}
    assert constants(user, generator) == {"max_tokens": 100, "prompt": "p"}


def test_credentials_of_nodes_stay_here(user: User) -> None:
    key = credentials.services.create(user.pk, provider="github", type="api_key", values={"api_key": "sk-1"})
    chosen = {"id": key.id, "provider": "github", "type": "api_key"}
    assert constants(user, node("a", KeyedBlock, {"x": 1, "credentials": chosen})) == {"x": 1}


def test_a_secret_graph_input_loses_its_value_and_asks_for_one(user: User) -> None:
    document = exported(user, node("a", AgentInputBlock, {"name": "key", "secret": True, "value": "s3cret"}))
    assert "s3cret" not in json.dumps(document)
    assert document["input_schema"]["required"] == ["key"]


SCHEMA = {
    "properties": {
        "api token": {"default": "s3cret"},
        "pin": {"secret": True, "default": "s3cret"},
        "q": {"default": 1},
    },
    "required": ["q"],
}


def test_a_sub_agent_keeps_its_pins_but_no_secret_values(user: User) -> None:
    inputs = {"api token": "s3cret", "pin": "s3cret", "q": 2}
    stored = {"graph_id": "g", "graph_version": 1, "inputs": inputs, "input_schema": SCHEMA, "output_schema": {}}
    kept = constants(user, node("a", AgentExecutorBlock, stored))
    assert kept["inputs"] == {"q": 2}
    assert kept["input_schema"]["properties"] == {"api token": {}, "pin": {"secret": True}, "q": {"default": 1}}
    assert kept["user_id"] == ""


@pytest.mark.parametrize("schema", [{"properties": []}, {"properties": {"secret": 1}}, {}])
def test_a_strange_stored_schema_does_no_harm(user: User, schema: dict[str, Any]) -> None:
    stored = {"graph_id": "g", "graph_version": 1, "inputs": {}, "input_schema": schema, "output_schema": {}}
    assert constants(user, node("a", AgentExecutorBlock, stored))["input_schema"] == schema


def test_an_export_changes_nothing_that_is_stored(user: User) -> None:
    version = services.create(user, graph([node("a", EchoBlock, {"x": {"token": "s3cret"}})]))
    export(version)
    assert version.nodes.get().input_default == {"x": {"token": "s3cret"}}
    assert plan_of(version.id).nodes[version.nodes.get().id].constants == {"x": {"token": "s3cret"}}

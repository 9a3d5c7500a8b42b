from typing import Any

from graphs import schemas
from graphs.view import NodeView, of_body
from tests.graphs import specs
from tests.graphs.bodies import body, node
from tests.graphs.specs import spec_of


def views(*nodes: dict[str, Any]) -> list[NodeView]:
    return list(of_body(body(nodes), spec_of).nodes.values())


def graph_input(key: str, **constants: Any) -> dict[str, Any]:
    return node(key, specs.InBlock, constants)


TEXT = {"anyOf": [{"type": "string"}, {"type": "null"}], "format": "short-text"}


def test_every_graph_input_is_a_property_in_the_order_of_the_nodes() -> None:
    schema = schemas.input_schema(views(graph_input("b", name="second"), graph_input("a", name="first", value="x")))
    assert list(schema["properties"]) == ["second", "first"]
    assert schema["required"] == ["second"]
    assert schema["properties"]["second"] == {**TEXT, "secret": False, "advanced": False, "title": "second"}
    assert schema["properties"]["first"]["default"] == "x"


def test_what_the_node_says_of_its_input_is_in_the_property() -> None:
    told = {"title": "City", "description": "Where", "secret": True, "advanced": True, "placeholder_values": ["a", "b"]}
    schema = schemas.input_schema(views(graph_input("a", name="city", value="a", **told)))
    assert schema["properties"]["city"] == {
        **TEXT,
        "title": "City",
        "description": "Where",
        "secret": True,
        "advanced": True,
        "default": "a",
        "enum": ["a", "b"],
    }


def test_an_advanced_input_without_a_value_is_shown_first_hand() -> None:
    schema = schemas.input_schema(views(graph_input("a", name="city", advanced=True)))
    assert schema["properties"]["city"]["advanced"] is False


def test_of_two_inputs_with_one_name_the_later_counts() -> None:
    schema = schemas.input_schema(views(graph_input("a", name="q", value=1), graph_input("b", name="q", title="T")))
    assert (schema["properties"]["q"]["title"], schema["required"]) == ("T", ["q"])


def test_an_input_without_a_usable_name_has_no_property() -> None:
    schema = schemas.input_schema(views(graph_input("a"), graph_input("b", name=5), graph_input("c", name="")))
    assert schema["properties"] == {}


def test_outputs_have_a_schema_of_their_own() -> None:
    schema = schemas.output_schema(views(graph_input("a", name="q"), node("b", specs.OutBlock, {"name": "ans"})))
    assert schema["properties"] == {"ans": {"secret": False, "advanced": False, "title": "ans"}}
    assert schema["required"] == ["ans"]


def test_credentials_of_one_kind_are_asked_for_once() -> None:
    nodes = views(node("a", specs.KeyedBlock), node("b", specs.KeyedBlock), node("c", specs.EchoBlock))
    schema = schemas.credentials_schema(nodes)
    assert list(schema["properties"]) == ["github_api_key_credentials"] == schema["required"]
    assert schema["properties"]["github_api_key_credentials"]["credentials_scopes"] == ["repo"]


def test_a_group_is_optional_only_when_all_of_its_nodes_are() -> None:
    optional = node("a", specs.KeyedBlock, credentials_optional=True)
    assert schemas.credentials_schema(views(optional))["required"] == []
    assert schemas.credentials_schema(views(optional, node("b", specs.KeyedBlock)))["required"] != []


def test_the_model_of_a_node_decides_which_provider_is_asked_for() -> None:
    nodes = views(
        node("a", specs.ModelBlock),
        node("b", specs.ModelBlock, {"model": "large"}),
        node("c", specs.ModelBlock, {"model": "withdrawn"}),
        node("d", specs.ModelBlock, {"model": ["no text"]}),
    )
    schema = schemas.credentials_schema(nodes)
    assert list(schema["properties"]) == [
        "openai_api_key_credentials",
        "anthropic_api_key_credentials",
        "anthropic-openai_api_key_credentials",
    ]
    assert schema["properties"]["anthropic_api_key_credentials"]["discriminator_values"] == ["large"]


def test_credentials_of_hosts_are_grouped_by_host() -> None:
    nodes = views(
        node("a", specs.HostBlock, {"url": "https://one.example/x"}),
        node("b", specs.HostBlock, {"url": "one.example/y"}),
        node("c", specs.HostBlock, {"url": "https://two.example"}),
        node("d", specs.HostBlock, {"url": "http://[broken"}),
    )
    assert list(schemas.credentials_schema(nodes)["properties"]) == [
        "http_host_scoped_one.example_credentials",
        "http_host_scoped_two.example_credentials",
        "http_host_scoped_credentials",
    ]

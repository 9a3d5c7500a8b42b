from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from blocks.library.agent_executor import AgentExecutorBlock
from blocks.library.agent_input import AgentInputBlock
from graphs import serializers, services
from graphs.body import GraphBody, LinkBody, NodeBody
from graphs.models import Graph, GraphVersion
from graphs.plans import kept
from tests.conformance_blocks.echo import EchoBlock
from tests.conformance_blocks.special import KeyedBlock
from tests.graphs.bodies import graph, node


def echo(key: str, **constants: Any) -> dict[str, Any]:
    return node(key, EchoBlock, constants)


PAIR = graph([echo("a", x=1), echo("b")], ["a.out -> b.x"], description="d")
SCHEMAS: dict[str, Any] = {"input_schema": {"properties": {"q": {}}}, "output_schema": {"properties": {"ans": {}}}}


def caller(key: str, graph_id: object, version: int = 1) -> dict[str, Any]:
    return node(key, AgentExecutorBlock, {"graph_id": str(graph_id), "graph_version": version, **SCHEMAS})


CHILD = graph([node("i", AgentInputBlock, {"name": "q"}), node("k", KeyedBlock, {"x": 1})], id="child", name="child")


def created(api: APIClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("/v1/graphs", {"graph": body})
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


# -- Creating and reading


def test_a_created_graph_is_answered_with_new_ids_in_the_order_sent(api: APIClient, user: User) -> None:
    answer = created(api, {**PAIR, "id": str(uuid4())})
    first, second = answer["nodes"]
    link = answer["links"][0]
    assert (answer["version"], answer["is_active"], answer["user_id"]) == (1, True, str(user.pk))
    assert first["input_default"] == {"x": 1}
    assert (link["source_id"], link["sink_id"]) == (first["id"], second["id"])
    assert second["input_links"] == first["output_links"] == [link]
    assert api.get(f"/v1/graphs/{answer['id']}").json() == answer


def test_what_is_derived_from_the_nodes_comes_with_the_graph(api: APIClient) -> None:
    answer = created(api, CHILD)
    assert list(answer["input_schema"]["properties"]) == ["q"]
    assert list(answer["credentials_input_schema"]["properties"]) == ["github_api_key_credentials"]
    assert (answer["has_external_trigger"], answer["trigger_setup_info"]) == (False, None)


def test_sub_graphs_come_with_the_graph_and_their_credentials_count(api: APIClient) -> None:
    answer = created(api, graph([caller("s", "child")], sub_graphs=[CHILD]))
    assert [sub["name"] for sub in answer["sub_graphs"]] == ["child"]
    assert answer["nodes"][0]["input_default"]["graph_id"] == answer["sub_graphs"][0]["id"]
    assert list(answer["credentials_input_schema"]["properties"]) == ["github_api_key_credentials"]


@pytest.mark.parametrize(
    ("shape", "answer"),
    [
        (serializers.GraphOut, lambda got: got),
        (serializers.NodeOut, lambda got: got["nodes"][0]),
        (serializers.LinkOut, lambda got: got["links"][0]),
        (serializers.SubGraphOut, lambda got: got["sub_graphs"][0]),
    ],
)
def test_answers_have_exactly_the_published_fields(api: APIClient, shape: Any, answer: Any) -> None:
    body = graph([caller("s", "child"), *PAIR["nodes"]], ["a.out -> b.x"], sub_graphs=[CHILD])
    assert set(answer(created(api, body))) == set(shape().fields)


@pytest.mark.parametrize(
    ("shape", "body"),
    [(serializers.GraphIn, GraphBody), (serializers.NodeIn, NodeBody), (serializers.LinkIn, LinkBody)],
)
def test_the_published_fields_of_a_body_are_those_that_are_read(shape: Any, body: Any) -> None:
    assert set(shape().fields) == set(body.model_fields)


def test_the_list_shows_active_versions_newest_graphs_first(api: APIClient) -> None:
    first, second = created(api, {**PAIR, "name": "one"}), created(api, CHILD)
    api.put(f"/v1/graphs/{first['id']}", {**PAIR, "name": "one again", "is_active": False})
    listed = api.get("/v1/graphs").json()
    assert [(one["name"], one["version"]) for one in listed] == [("child", 1), ("one", 1)]
    assert listed[0] == {name: value for name, value in second.items() if name not in {"nodes", "links", "sub_graphs"}}
    assert set(listed[0]) == set(serializers.GraphMetaOut().fields)


def test_the_list_knows_the_credentials_of_sub_graphs(api: APIClient) -> None:
    created(api, graph([caller("s", "child")], sub_graphs=[CHILD]))
    assert all(one["credentials_input_schema"]["required"] for one in api.get("/v1/graphs").json())


# -- Versions


def test_an_update_is_answered_with_the_new_version(api: APIClient) -> None:
    first = created(api, PAIR)
    second = api.put(f"/v1/graphs/{first['id']}", {**PAIR, "id": first["id"], "name": "new"}).json()
    assert (second["id"], second["version"], second["name"], second["is_active"]) == (first["id"], 2, "new", True)
    assert api.get(f"/v1/graphs/{first['id']}/versions/1").json()["is_active"] is False


def test_a_graph_that_was_read_can_be_sent_back_as_it_is(api: APIClient) -> None:
    first = created(api, graph([caller("s", "child")], sub_graphs=[CHILD]))
    second = api.put(f"/v1/graphs/{first['id']}", first).json()
    assert second["sub_graphs"] == first["sub_graphs"]
    assert Graph.objects.count() == 2


def test_a_graph_without_a_version_is_the_highest_one(api: APIClient) -> None:
    first = created(api, PAIR)
    api.put(f"/v1/graphs/{first['id']}", {**PAIR, "is_active": False})
    latest = api.get(f"/v1/graphs/{first['id']}").json()
    assert (latest["version"], latest["is_active"]) == (2, False)


def test_versions_are_listed_newest_first(api: APIClient) -> None:
    first = created(api, PAIR)
    api.put(f"/v1/graphs/{first['id']}", PAIR)
    listed = api.get(f"/v1/graphs/{first['id']}/versions").json()
    assert [one["version"] for one in listed] == [2, 1]
    assert listed[1]["nodes"] == first["nodes"]


def test_of_large_graphs_fewer_versions_are_listed(api: APIClient, settings: Any) -> None:
    settings.MAX_NODES = 2
    address = f"/v1/graphs/{created(api, PAIR)['id']}"
    for _ in range(3):
        api.put(address, PAIR)
    assert [one["version"] for one in api.get(f"{address}/versions").json()] == [4, 3]


def test_the_active_version_can_be_chosen(api: APIClient) -> None:
    first = created(api, PAIR)
    address = f"/v1/graphs/{first['id']}/versions/active"
    api.put(f"/v1/graphs/{first['id']}", {**PAIR, "is_active": False})
    answer = api.put(address, {"active_graph_version": 2})
    assert (answer.status_code, answer.json()) == (200, None)
    assert api.get(f"/v1/graphs/{first['id']}").json()["is_active"] is True
    assert api.put(address, {"active_graph_version": 3}).status_code == 404
    assert api.put(address, {"active_graph_version": "x"}).status_code == 422


def test_deleting_a_graph_tells_how_many_versions_it_had(api: APIClient) -> None:
    address = f"/v1/graphs/{created(api, PAIR)['id']}"
    assert api.delete(address).json() == {"version_counts": 1}
    assert api.delete(address).json() == {"version_counts": 0}
    assert api.get(address).status_code == 404
    assert api.get("/v1/graphs").json() == []


# -- Whose graph


def test_a_graph_of_somebody_else_does_not_exist(api: APIClient) -> None:
    stranger = User.objects.create_user("bob")
    foreign = services.create(stranger, PAIR)
    address = f"/v1/graphs/{foreign.graph_id}"
    answers = [
        api.get(address),
        api.get(f"{address}?for_export=true"),
        api.get(f"{address}/versions"),
        api.get(f"{address}/versions/1"),
        api.put(address, PAIR),
        api.put(f"{address}/versions/active", {"active_graph_version": 1}),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert api.delete(address).json() == {"version_counts": 0}
    assert (api.get("/v1/graphs").json(), GraphVersion.objects.count()) == ([], 1)


def test_without_a_token_nothing_is_shown(db: None) -> None:
    client = APIClient()
    for address in ("/v1/graphs", f"/v1/graphs/{uuid4()}", "/v1/blocks"):
        assert client.get(address).status_code == 401


# -- Export


def test_an_export_holds_no_secrets(api: APIClient) -> None:
    secret = node("i", AgentInputBlock, {"name": "q", "secret": True, "value": "s3cret"})
    body = graph([secret, echo("e", x={"api_key": "s3cret", "harmless": 1}, my_token="s3cret")])
    answer = created(api, body)
    exported = api.get(f"/v1/graphs/{answer['id']}?for_export=true")
    assert "s3cret" not in exported.content.decode()
    assert exported.json()["nodes"][1]["input_default"] == {"x": {"harmless": 1}}
    assert exported.json()["user_id"] == ""
    assert api.get(f"/v1/graphs/{answer['id']}/versions/1").json() == answer


def test_a_strange_wish_for_an_export_is_refused(api: APIClient) -> None:
    assert api.get(f"/v1/graphs/{uuid4()}?for_export=perhaps").status_code == 422


# -- Queries


def test_the_list_of_graphs_takes_two_queries_whatever_its_length(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        created(api, CHILD)
    with django_assert_num_queries(2):
        api.get("/v1/graphs")


def test_nested_graphs_take_two_queries_more_for_each_level(api: APIClient, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        child = created(api, graph([caller("s", "child")], sub_graphs=[CHILD]))["sub_graphs"][0]
        api.put(f"/v1/graphs/{child['id']}", PAIR)  # the version that is called is no longer the listed one
    with django_assert_num_queries(4):
        api.get("/v1/graphs")


def test_a_graph_takes_one_query_once_its_plan_is_known(api: APIClient, django_assert_num_queries: Any) -> None:
    address = f"/v1/graphs/{created(api, PAIR)['id']}"
    with django_assert_num_queries(1):
        api.get(address)
    kept.clear()
    with django_assert_num_queries(4):
        api.get(address)


def test_the_list_of_versions_takes_four_queries_whatever_its_length(
    api: APIClient, django_assert_num_queries: Any
) -> None:
    address = f"/v1/graphs/{created(api, PAIR)['id']}"
    for _ in range(4):
        api.put(address, PAIR)
    kept.clear()
    with django_assert_num_queries(4):
        assert len(api.get(f"{address}/versions").json()) == 5

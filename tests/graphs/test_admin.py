from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from graphs import admin, services
from graphs.models import GraphVersion
from tests.conformance_blocks.echo import EchoBlock
from tests.graphs.bodies import graph, node

PAIR = graph(
    [node("a", EchoBlock, {"x": "<b>", "api_key": "s3cret"}), node("b", EchoBlock)], ["a.out -> b.x"], name="Agent A"
)


@pytest.fixture
def version(user: User) -> GraphVersion:
    return services.create(user, PAIR)


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_graph_is_found_by_its_name_its_owner_and_its_id(admin_client: Client, version: GraphVersion) -> None:
    for words in ("agent a", "ada", str(version.graph_id)):
        assert "Agent A" in page(admin_client, f"/admin/graphs/graph/?q={words}")
    assert "Agent A" not in page(admin_client, "/admin/graphs/graph/?q=nothing-like-that")


def test_deleted_graphs_can_be_told_apart(admin_client: Client, user: User, version: GraphVersion) -> None:
    services.delete(user, version.graph_id)
    assert "Agent A" in page(admin_client, "/admin/graphs/graph/?deleted_at__isempty=0")
    assert "Agent A" not in page(admin_client, "/admin/graphs/graph/?deleted_at__isempty=1")


def test_a_graph_leads_to_its_versions(admin_client: Client, version: GraphVersion) -> None:
    shown = page(admin_client, f"/admin/graphs/graph/{version.graph_id}/change/")
    assert f"/admin/graphs/graphversion/{version.id}/change/" in shown


def test_a_version_shows_its_nodes_and_links_without_secrets(admin_client: Client, version: GraphVersion) -> None:
    shown = page(admin_client, f"/admin/graphs/graphversion/{version.id}/change/")
    assert "EchoBlock" in shown
    assert "&lt;b&gt;" in shown
    assert "s3cret" not in shown
    assert str(version.links.get().sink_id) in shown


def test_only_the_first_nodes_of_a_large_graph_are_shown(admin_client: Client, user: User) -> None:
    nodes = [node(f"n{place}", EchoBlock) for place in range(admin.SHOWN + 5)]
    shown = page(admin_client, f"/admin/graphs/graphversion/{services.create(user, graph(nodes)).id}/change/")
    assert shown.count("EchoBlock") == admin.SHOWN


def test_graphs_are_read_and_not_changed(admin_client: Client, version: GraphVersion) -> None:
    for model, key in (("graph", version.graph_id), ("graphversion", version.id)):
        assert admin_client.get(f"/admin/graphs/{model}/add/").status_code == 403
        assert admin_client.post(f"/admin/graphs/{model}/{key}/change/", {"name": "x"}).status_code == 403
        assert admin_client.post(f"/admin/graphs/{model}/{key}/delete/", {"post": "yes"}).status_code == 403
    assert GraphVersion.objects.get().name == "Agent A"


@pytest.mark.parametrize("model", ["graph", "graphversion"])
def test_a_list_takes_as_many_queries_for_one_as_for_many(
    admin_client: Client, user: User, model: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        services.create(user, PAIR)
    with django_assert_max_num_queries(6):
        page(admin_client, f"/admin/graphs/{model}/")


def test_a_version_takes_as_many_queries_for_one_node_as_for_many(
    admin_client: Client, user: User, django_assert_max_num_queries: Any
) -> None:
    version = services.create(user, graph([node(f"n{place}", EchoBlock) for place in range(50)]))
    with django_assert_max_num_queries(8):
        page(admin_client, f"/admin/graphs/graphversion/{version.id}/change/")


def test_a_version_shows_which_node_needs_which_account(admin_client: Client, user: User) -> None:
    version = services.create(user, graph([node("c", "a8db4d8d-db1c-4a25-a1b0-416a8c33602b")], name="Commenter"))
    shown = page(admin_client, f"/admin/graphs/graphversion/{version.id}/change/")
    assert "GithubCommentBlock is known but not part of this installation; it also needs an account of github." in shown

from typing import Any

from rest_framework.test import APIClient

from accounts.models import User
from graphs import services
from tests.conformance_blocks.echo import EchoBlock
from tests.graphs.bodies import graph, node

GITHUB_COMMENT = "a8db4d8d-db1c-4a25-a1b0-416a8c33602b"


def test_usable_blocks_are_listed_by_name(api: APIClient) -> None:
    listed = api.get("/v1/blocks").json()
    names = [block["name"] for block in listed]
    assert names == sorted(names)
    block = listed[names.index("AgentInputBlock")]
    assert (block["staticOutput"], block["uiType"]) == (True, "Input")
    assert {one["category"] for one in block["categories"]} == {"BASIC", "INPUT"}
    assert "name" in block["inputSchema"]["properties"]


def test_blocks_that_are_only_known_are_listed_when_asked_for(api: APIClient) -> None:
    assert "GithubCommentBlock" not in [block["name"] for block in api.get("/v1/blocks").json()]
    listed = {block["name"]: block for block in api.get("/v1/blocks?placeholders=true").json()}
    assert len(listed) >= 466
    assert "account of github" in listed["GithubCommentBlock"]["disabled"]
    assert list(listed["GithubCommentBlock"]["inputSchema"]["properties"]) == ["credentials", "issue_url", "comment"]
    assert "disabled" not in listed["AgentInputBlock"]


def test_a_graph_says_which_nodes_need_which_account(api: APIClient, user: User) -> None:
    version = services.create(user, graph([node("a", EchoBlock), node("b", GITHUB_COMMENT)]))
    address = f"/v1/graphs/{version.graph_id}/versions/1/needs"
    needs: list[dict[str, Any]] = api.get(address).json()
    assert [(need["block"], need["runs_here"]) for need in needs] == [("GithubCommentBlock", False)]
    assert "account of github" in needs[0]["reason"]
    assert [(one["pin"], one["providers"], one["optional"]) for one in needs[0]["accounts"]] == [
        ("credentials", ["github"], False)
    ]
    assert api.get(address.replace("/1/", "/2/")).status_code == 404

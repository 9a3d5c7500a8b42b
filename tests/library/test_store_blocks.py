"""The blocks of the library and the store, in real runs."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from blocks.library.add_to_library_from_store import AddToLibraryFromStoreBlock
from blocks.library.get_store_agent_details import GetStoreAgentDetailsBlock
from blocks.library.list_library_agents import ListLibraryAgentsBlock
from blocks.library.search_store_agents import SearchStoreAgentsBlock
from executions.errors import LostClaim
from executions.models import GraphExecution
from executions.states import Status
from graphs import services as graphs
from graphs.models import Graph
from library.models import Listing
from library.shelf import RunAgents
from tests.executions.driver import Driver
from tests.executions.runs import afford, values
from tests.graphs_for_tests import Build, Built
from tests.library.stores import offered, published

pytestmark = [pytest.mark.usefixtures("drive")]
ADD, LIST = AddToLibraryFromStoreBlock.id, ListLibraryAgentsBlock.id
DETAILS, SEARCH = GetStoreAgentDetailsBlock.id, SearchStoreAgentsBlock.id


@pytest.fixture
def build(transactional_db: None) -> Build:
    """Of somebody who looks for agents in the store."""
    eve = User.objects.create_user("eve")
    afford(eve, 1000)
    return Build(eve)


@pytest.fixture
def listing(user: User) -> Listing:
    digest = Build(user)({"e": "Echo"}, name="Digest")
    return offered(digest, description="Reads the news.", categories=["news"])


def failure(built: Built, run: GraphExecution, key: str) -> str:
    [one] = built.of(run, key)
    assert one.status == Status.FAILED
    return str(one.stats["error"])


def test_an_agent_is_found_by_its_creator_and_slug_and_added(build: Build, listing: Listing, drive: Driver) -> None:
    nodes = {"d": (DETAILS, {"creator": "ada", "slug": "digest"}), "a": ADD}
    built = build(nodes, "d.store_listing_version_id => a.store_listing_version_id")
    run = drive(built.start())
    copy = Graph.objects.get(owner=build.user, versions__name="Digest")
    told = {pin: values(built, run, "a", pin) for pin in ("success", "agent_id", "agent_version", "agent_name")}
    assert told == {"success": [True], "agent_id": [str(copy.pk)], "agent_version": [1], "agent_name": ["Digest"]}
    assert values(built, run, "a", "library_agent_id") == [str(copy.pk)]
    details = {pin: values(built, run, "d", pin) for pin in ("found", "description", "categories", "runs", "rating")}
    assert details == {
        "found": [True],
        "description": ["Reads the news."],
        "categories": [["news"]],
        "runs": [0],
        "rating": [0.0],
    }
    drive(built.start())
    assert Graph.objects.filter(owner=build.user, versions__name="Digest").count() == 1


def test_a_copy_runs_for_the_one_who_added_it(build: Build, listing: Listing, drive: Driver) -> None:
    adder = build({"a": (ADD, {"store_listing_version_id": str(listing.pk)})})
    drive(adder.start())
    copy = Graph.objects.get(owner=build.user, versions__name="Digest")
    version = graphs.find(build.user, copy.pk)
    echo = Built(version, {"e": version.nodes.get().pk})
    run = drive(echo.start(masks={"e": {"x": 7}}))
    assert (run.user, values(echo, run, "e")) == (build.user, [7])


@pytest.mark.parametrize("state", ["PENDING", "REJECTED", "WITHDRAWN"])
def test_what_is_not_approved_is_neither_found_nor_added(build: Build, user: User, drive: Driver, state: str) -> None:
    hidden = published(Build(user)({"e": "Echo"}, name="Digest"))
    Listing.objects.update(state=state)
    nodes = {"d": (DETAILS, {"creator": "ada", "slug": "digest"}), "s": SEARCH}
    built = build(nodes | {"a": (ADD, {"store_listing_version_id": str(hidden.pk)})})
    run = drive(built.start())
    assert "The store has no agent 'digest' of 'ada'." in failure(built, run, "d")
    assert f"The store has no agent '{hidden.pk}'." in failure(built, run, "a")
    assert values(built, run, "s", "agents") == [[]]
    assert Graph.objects.filter(owner=build.user).count() == 1


@pytest.mark.parametrize("odd", ["x", "\0", "0" * 5000])
def test_odd_ids_and_names_fail_the_node_with_a_sentence(build: Build, drive: Driver, odd: str) -> None:
    nodes = {"d": (DETAILS, {"creator": odd, "slug": odd}), "a": (ADD, {"store_listing_version_id": odd})}
    built = build(nodes | {"s": (SEARCH, {"query": odd, "category": odd}), "l": (LIST, {"search_query": odd})})
    run = drive(built.start())
    assert "The store has no agent" in failure(built, run, "d")
    assert "The store has no agent" in failure(built, run, "a")
    assert values(built, run, "s", "total_count") == [0]
    assert values(built, run, "l", "page") == [1]


def test_the_store_is_searched_and_the_best_come_first(build: Build, user: User, drive: Driver) -> None:
    for name, rating in (("One", 3.5), ("Two", 4.5), ("Three", None)):
        offered(Build(user)({"e": "Echo"}, name=name), categories=["odd" if name == "Two" else "news"])
        Listing.objects.filter(name=name).update(rating=rating)
    nodes = {
        "all": (SEARCH, {"limit": 2}),
        "one": (SEARCH, {"query": "ONE"}),
        "news": (SEARCH, {"category": "news", "sort_by": "name"}),
    }
    built = build(nodes)
    run = drive(built.start())
    found = {key: [agent["name"] for agent in values(built, run, key, "agent")] for key in nodes}
    assert found == {"all": ["Two", "One"], "one": ["One"], "news": ["One", "Three"]}
    [shown] = values(built, run, "one", "agents")
    assert shown == [
        {
            "slug": "one",
            "name": "One",
            "description": "",
            "creator": "ada",
            "rating": 3.5,
            "runs": 0,
            "categories": ["news"],
        }
    ]
    assert values(built, run, "all", "total_count") == [2]


def test_own_agents_are_listed_page_by_page_with_the_creators_of_what_was_added(
    build: Build, listing: Listing, drive: Driver
) -> None:
    drive(build({"a": (ADD, {"store_listing_version_id": str(listing.pk)})}, name="adder").start())
    built = build({"l": (LIST, {"limit": 2}), "q": (LIST, {"search_query": "DIGEST"}), "p": (LIST, {"page": 9})})
    run = drive(built.start())
    assert [agent["agent_name"] for agent in values(built, run, "l", "agent")] == ["graph", "Digest"]
    assert [values(built, run, "l", pin) for pin in ("total_count", "page", "total_pages")] == [[3], [1], [2]]
    [digest] = values(built, run, "q", "agent")
    expected = {"creator": "ada", "categories": ["news"], "agent_version": 1, "is_archived": False}
    assert {name: digest[name] for name in expected} == expected
    assert values(built, run, "p", "agents") == [[]]


def test_agents_of_others_and_deleted_ones_are_not_listed(build: Build, listing: Listing, drive: Driver) -> None:
    gone = build({"e": "Echo"}, name="gone")
    graphs.delete(build.user, gone.version.graph_id)
    built = build({"l": LIST})
    assert [agent["agent_name"] for agent in values(built, drive(built.start()), "l", "agent")] == ["graph"]


def test_an_attempt_that_has_lost_its_claim_adds_nothing(build: Build, listing: Listing, drive: Driver) -> None:
    built = build({"e": ("Echo", {"x": 1})})
    run = built.start()
    [one] = built.of(run, "e")
    with pytest.raises(LostClaim):
        RunAgents(run.user_id, one.pk, uuid4()).add(str(listing.pk))
    assert not Graph.objects.filter(owner=build.user, versions__name="Digest").exists()


def test_a_graph_that_cannot_be_stored_any_more_fails_the_node(
    build: Build, listing: Listing, drive: Driver, settings: Any
) -> None:
    built = build({"a": (ADD, {"store_listing_version_id": str(listing.pk)})})
    run = built.start()
    settings.MAX_NODES = 0
    assert "nodes" in failure(built, drive(run), "a")

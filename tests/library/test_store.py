"""The store over HTTP: graphs are offered, approved, found, added, taken back."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

import credentials.services
from accounts.models import User
from audit.models import Entry
from graphs import services as graphs
from graphs.models import Graph, GraphVersion
from library import copying, store
from library.errors import CannotDecide, ListingNotFound
from library.models import Copy, Listing, Webhook
from library.states import State
from notifications.models import Notice
from tests.executions.runs import afford
from tests.graphs.test_concurrency import at_once
from tests.graphs_for_tests import Build, Built
from tests.library.stores import LISTINGS, client_of, names, offered, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def built(build: Build) -> Built:
    return build({"a": ("AgentInput", {"name": "a"}), "e": "Echo"}, "a.result -> e.x", name="Daily digest")


@pytest.fixture
def eve(db: None) -> User:
    return User.objects.create_user("eve")


def address(built: Built) -> str:
    return f"/v1/graphs/{built.version.graph_id}/listing"


def test_a_graph_is_published_with_its_own_name_and_waits_for_an_administrator(api: APIClient, built: Built) -> None:
    answer = api.post(address(built), {"categories": ["News", "news", "Text"], "sub_heading": "All you need"})
    listing = answer.json()
    assert answer.status_code == 201
    expected = {"creator": "ada", "slug": "daily-digest", "version": 1, "state": "PENDING", "name": "Daily digest"}
    expected |= {"categories": ["news", "text"], "rating": None, "runs": 0, "decided_at": None}
    assert {name: listing[name] for name in expected} == expected
    assert api.get(f"{LISTINGS}/{listing['id']}").json() == listing


def test_what_is_not_approved_is_seen_by_its_owner_alone(api: APIClient, built: Built, eve: User) -> None:
    listing = published(built)
    assert names(api.get(LISTINGS)) == names(client_of(eve).get(LISTINGS)) == []
    assert names(api.get(f"{LISTINGS}?mine=true")) == ["Daily digest"]
    assert names(client_of(eve).get(f"{LISTINGS}?mine=true")) == []
    assert client_of(eve).get(f"{LISTINGS}/{listing.pk}").status_code == 404
    body = {"store_listing_version_id": str(listing.pk)}
    assert (
        client_of(eve).post("/v1/library/agents", body).json()["message"] == f"The store has no agent '{listing.pk}'."
    )
    store.approve(listing)
    assert names(client_of(eve).get(LISTINGS)) == ["Daily digest"]
    assert client_of(eve).get(f"{LISTINGS}/{listing.pk}").json()["state"] == "APPROVED"


def test_the_store_is_searched_filtered_ordered_and_paged(api: APIClient, build: Build) -> None:
    for name, words in (("Beta", ["news"]), ("Alpha", ["text", "newspaper"]), ("Gamma", [])):
        offered(build({"e": "Echo"}, name=name), categories=words, description=f"about {name} 100%")
    Listing.objects.filter(name="Beta").update(runs=3)
    Listing.objects.filter(name="Gamma").update(rating=4.5)
    assert names(api.get(LISTINGS)) == ["Gamma", "Beta", "Alpha"]
    assert names(api.get(f"{LISTINGS}?sort_by=runs")) == ["Beta", "Alpha", "Gamma"]
    assert names(api.get(f"{LISTINGS}?sort_by=updated_at")) == ["Gamma", "Alpha", "Beta"]
    assert names(api.get(f"{LISTINGS}?sort_by=name&page_size=2&page=2")) == ["Gamma"]
    assert names(api.get(f"{LISTINGS}?category=News")) == ["Beta"]
    assert names(api.get(LISTINGS, {"search": "alpha 100%"})) == ["Alpha"]
    assert names(api.get(f"{LISTINGS}?creator=eve")) == []
    assert api.get(f"{LISTINGS}?page_size=2").json()["pagination"]["total_pages"] == 2
    assert api.get(f"{LISTINGS}?sort_by=age").status_code == 422


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"slug": "no slug"}, "slug"),
        ({"image_url": "javascript:alert(1)"}, "image_url"),
        ({"categories": ["x" * 51]}, "categories"),
        ({"categories": ["x"] * 11}, "categories"),
        ({"sub_heading": "x" * 201}, "sub_heading"),
        ({"graph_version": 0}, "graph_version"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_the_name_of_its_field(
    api: APIClient, built: Built, wrong: dict[str, Any], field: str
) -> None:
    answer = api.post(address(built), wrong)
    assert (answer.status_code, answer.json()["detail"][0]["loc"][1]) == (422, field)
    assert not Listing.objects.exists()


def test_somebody_else_can_neither_publish_a_graph_nor_withdraw_it(built: Built, eve: User) -> None:
    offered(built)
    assert client_of(eve).post(address(built), {}).status_code == 404
    assert client_of(eve).delete(address(built)).status_code == 404
    assert Listing.objects.get().state == State.APPROVED


def test_a_new_version_takes_the_place_of_the_old_one_when_it_is_approved(api: APIClient, built: Built) -> None:
    first = offered(built)
    Listing.objects.update(rating=4, runs=7)
    second = Listing.objects.get(pk=api.post(address(built), {"name": "Better"}).json()["id"])
    assert (second.slug, second.version, names(api.get(LISTINGS))) == (first.slug, 2, ["Daily digest"])
    store.approve(second)
    second.refresh_from_db()
    assert (names(api.get(LISTINGS)), second.rating, second.runs) == (["Better"], 4, 7)
    first.refresh_from_db()
    assert first.state == State.REPLACED
    with pytest.raises(CannotDecide, match="cannot become APPROVED"):
        store.approve(first)


def test_what_is_published_again_takes_the_place_of_what_waits(api: APIClient, built: Built) -> None:
    first, second = published(built), published(built)
    first.refresh_from_db()
    assert (first.state, second.state) == (State.WITHDRAWN, State.PENDING)
    with pytest.raises(CannotDecide):
        store.approve(first)


def test_a_slug_belongs_to_one_graph_and_stays(api: APIClient, built: Built, build: Build) -> None:
    assert api.post(address(built), {"slug": "digest"}).json()["slug"] == "digest"
    other = build({"e": "Echo"}, name="Digest")
    assert api.post(address(other), {}).json()["message"] == (
        "Another graph of its owner has the slug 'digest' in the store."
    )
    assert api.post(address(built), {"slug": "another"}).status_code == 409
    assert api.post(address(built), {"slug": "digest"}).json()["version"] == 2
    graphs.delete(built.version.graph.owner, built.version.graph_id)
    assert api.post(address(other), {}).json()["version"] == 3


def test_a_graph_that_is_withdrawn_or_deleted_is_in_the_store_no_more(
    api: APIClient, built: Built, build: Build, eve: User
) -> None:
    other = build({"e": "Echo"}, name="Other")
    offered(built)
    copy = copying.add(eve, offered(other).pk).version
    assert api.delete(address(other)).status_code == 204
    assert api.delete(address(other)).status_code == 404
    graphs.delete(built.version.graph.owner, built.version.graph_id)
    assert names(api.get(LISTINGS)) == []
    assert set(Listing.objects.values_list("state", flat=True)) == {State.WITHDRAWN}
    assert graphs.find(eve, copy.graph_id) == copy


def test_what_is_added_becomes_a_graph_of_the_user_once(built: Built, eve: User) -> None:
    listing = offered(built)
    answers = [client_of(eve).post("/v1/library/agents", {"store_listing_version_id": str(listing.pk)}) for _ in "ab"]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    told = answers[0].json()
    assert (told["name"], told["creator"], told["graph_version"]) == ("Daily digest", "ada", 1)
    copy = GraphVersion.objects.get(graph__owner=eve)
    assert (str(copy.graph_id), copy.forked_from_id) == (told["graph_id"], built.version.graph_id)
    assert client_of(eve).get("/v1/graphs").json()[0]["name"] == "Daily digest"


def test_what_was_deleted_can_be_added_anew(built: Built, eve: User) -> None:
    listing = offered(built)
    first = copying.add(eve, listing.pk).version
    graphs.delete(eve, first.graph_id)
    second = copying.add(eve, listing.pk).version
    assert second.graph_id != first.graph_id
    assert Copy.objects.get().graph_id == second.graph_id


def test_an_old_version_can_be_added_and_what_was_added_stays_when_it_is_withdrawn(built: Built, eve: User) -> None:
    first, second = offered(built), offered(built)
    old = copying.add(eve, first.pk).version
    assert old.graph_id != copying.add(eve, second.pk).version.graph_id
    store.withdraw(built.version.graph.owner, built.version.graph_id)
    assert copying.add(eve, first.pk).version == old
    with pytest.raises(ListingNotFound):
        copying.add(User.objects.create_user("joe"), first.pk)


def test_the_owner_has_the_graph_already(built: Built, user: User) -> None:
    assert copying.add(user, offered(built).pk).version == built.version
    assert Graph.objects.count() == 1


def test_a_copy_has_the_sub_graphs_and_no_secret(build: Build, user: User, eve: User) -> None:
    key = credentials.services.create(user.pk, provider="github", type="api_key", values={"api_key": "sk-1"})
    chosen = {"id": key.id, "provider": "github", "type": "api_key"}
    child = build({"a": ("AgentInput", {"name": "a"}), "k": ("Keyed", {"credentials": chosen, "x": 1})}, name="child")
    parent = build({"c": build.executor(child), "e": ("Echo", {"x": {"api_key": "sk-2", "city": "Rome"}})})
    graphs.set_safe_modes(user, parent.version.graph_id, {"human_in_the_loop_safe_mode": False})
    copy = copying.add(eve, offered(parent).pk).version
    [sub] = graphs.sub_versions(copy)
    assert (sub.name, sub.graph.owner, copy.graph.human_in_the_loop_safe_mode) == ("child", eve, True)
    constants = [node.input_default for version in (copy, sub) for node in version.nodes.order_by("position")]
    assert constants[1:] == [{"x": {"city": "Rome"}}, {"name": "a"}, {"x": 1}]
    assert constants[0]["user_id"] == str(eve.pk)
    assert "sk-" not in repr(constants)
    assert key.id not in repr(constants)


def test_a_copy_is_recommended_for_the_same_days(user: User, eve: User) -> None:
    body = {"name": "g", "description": "", "nodes": [], "links": [], "recommended_schedule_cron": "0 9 * * 1"}
    version = graphs.create(user, body)
    copy = copying.add(eve, offered(Built(version)).pk).version
    assert copy.recommended_schedule_cron == "0 9 * * mon"


def test_a_copy_with_a_trigger_gets_a_webhook_of_its_own(build: Build, eve: User) -> None:
    built = build({"t": "8fa8c167-2002-47ce-aba8-97572fc5d387"})
    copy = copying.add(eve, offered(built).pk).version
    assert Webhook.objects.get(graph=copy.graph_id).user == eve


def test_decisions_are_told_to_the_owner_and_kept_in_the_audit_log(built: Built, user: User) -> None:
    listing = published(built)
    store.reject(listing)
    store.approve(listing)
    store.withdraw(user, built.version.graph_id)
    notices = Notice.objects.filter(user=user).order_by("created_at")
    assert [notice.kind for notice in notices] == ["AGENT_REJECTED", "AGENT_APPROVED"]
    entries = Entry.objects.filter(subject_id=listing.pk).order_by("at", "id")
    assert [entry.action for entry in entries] == [
        "listing.published",
        "listing.rejected",
        "listing.approved",
        "listing.withdrawn",
    ]


def test_the_graph_of_an_unknown_id_is_not_published(api: APIClient) -> None:
    assert api.post(f"/v1/graphs/{uuid4()}/listing", {}).status_code == 404
    assert api.post("/v1/library/agents", {"store_listing_version_id": str(uuid4())}).status_code == 404
    assert api.post("/v1/library/agents", {"store_listing_version_id": "x"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_who_adds_the_same_several_times_at_once_gets_one_copy(built: Built, eve: User) -> None:
    listing = offered(built)
    added = at_once(*[lambda: copying.add(eve, listing.pk).version.graph_id] * 4)
    assert len(set(added)) == 1
    assert Graph.objects.filter(owner=eve).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_versions_approved_at_once_one_is_in_the_store(built: Built) -> None:
    listings = [published(built)]
    Listing.objects.update(state=State.REJECTED)
    listings.append(published(built))

    def approved(listing: Listing) -> bool:
        try:
            store.approve(listing)
        except CannotDecide:
            return False
        return True

    at_once(*[lambda listing=listing: approved(listing) for listing in listings])
    assert Listing.objects.get(state=State.APPROVED).version == 2


def test_runs_of_a_graph_and_of_its_copies_are_counted(built: Built, eve: User, no_messages: Any) -> None:
    listing = offered(built)
    copy = copying.add(eve, listing.pk).version
    afford(eve, 100)
    built.start()
    Built(copy).start()
    assert store.count_runs() == "Counted runs: 1 agents of the store have more or fewer than before."
    listing.refresh_from_db()
    assert listing.runs == 2

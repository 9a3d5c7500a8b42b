"""The store in the admin: what waits comes first, is looked at, edited, approved or rejected."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audit.models import Entry
from graphs import services as graphs
from library.models import Listing
from library.states import State
from tests.graphs_for_tests import Build, Built
from tests.library.stores import offered, published

PAGE = "/admin/library/listing/"


@pytest.fixture
def built(build: Build) -> Built:
    return build({"e": "Echo"}, name="Digest")


def change(listing: Listing) -> str:
    return f"{PAGE}{listing.pk}/change/"


def form(**more: str) -> dict[str, str]:
    return {
        "name": "Digest",
        "sub_heading": "",
        "description": "",
        "categories": "",
        "image_url": "",
        "rating": "",
    } | more


def test_what_waits_for_a_decision_comes_first(admin_client: Client, built: Built, build: Build) -> None:
    waiting = published(build({"e": "Echo"}, name="Other"))
    offered(built)
    page = admin_client.get(PAGE)
    assert page.context["cl"].result_list[0].pk == waiting.pk
    assert b"ada / digest" in page.content


def test_a_listing_is_edited_and_approved_on_its_page(admin_client: Client, built: Built) -> None:
    listing = published(built, categories=["news"])
    page = admin_client.get(change(listing)).content.decode()
    assert f"/admin/graphs/graphversion/{built.version.pk}/change/" in page
    assert 'value="news"' in page
    filled = form(name="Better", categories="News, text, news", rating="4.5", _approve="1")
    assert admin_client.post(change(listing), filled).status_code == 302
    listing.refresh_from_db()
    assert (listing.state, listing.name, listing.categories, listing.rating) == (
        State.APPROVED,
        "Better",
        ["news", "text"],
        4.5,
    )
    entry = Entry.objects.get(action="listing.approved")
    assert (entry.actor, entry.subject) == ("admin", "Better v1")


def test_several_are_approved_and_rejected_in_the_list(admin_client: Client, built: Built, build: Build) -> None:
    listings = [published(built), published(build({"e": "Echo"}, name="Other"))]
    for action, state in (("approve", State.APPROVED), ("reject", State.REJECTED), ("reject", State.REJECTED)):
        answer = admin_client.post(
            PAGE, {"action": action, "_selected_action": [str(one.pk) for one in listings]}, follow=True
        )
        assert set(Listing.objects.values_list("state", flat=True)) == {state}
    assert "cannot become REJECTED" in answer.content.decode()


@pytest.mark.parametrize(("field", "value"), [("rating", "6"), ("categories", "x" * 51), ("image_url", "ftp://x.org/")])
def test_what_cannot_be_shown_is_refused(admin_client: Client, built: Built, field: str, value: str) -> None:
    listing = published(built)
    page = admin_client.post(change(listing), form(**{field: value}, _approve="1"))
    assert field in page.context["adminform"].form.errors or page.context["errors"]
    listing.refresh_from_db()
    assert listing.state == State.PENDING


def test_an_administrator_publishes_a_graph_of_somebody_else(admin_client: Client, built: Built) -> None:
    filled = form(name="", slug="news") | {"graph_version": str(built.version.pk)}
    assert admin_client.post(f"{PAGE}add/", filled).status_code == 302
    listing = Listing.objects.get()
    assert (listing.owner.username, listing.slug, listing.name, listing.state) == ("ada", "news", "Digest", "PENDING")
    answer = admin_client.post(f"{PAGE}add/", filled | {"slug": "other"}, follow=True)
    assert "has the slug &#x27;news&#x27; in the store" in answer.content.decode()


def test_a_graph_that_was_deleted_meanwhile_is_not_approved(admin_client: Client, built: Built) -> None:
    listing = published(built)
    graphs.delete(built.version.graph.owner, built.version.graph_id)
    page = admin_client.post(change(listing), form(_approve="1"), follow=True).content.decode()
    assert "cannot become APPROVED" in page
    assert "Save and approve" not in admin_client.get(change(listing)).content.decode()


def test_who_may_only_look_decides_nothing(client: Client, built: Built) -> None:
    listing = published(built)
    looker = User.objects.create_user("lo", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_listing"))
    client.force_login(looker)
    page = client.get(change(listing)).content.decode()
    assert "Save and approve" not in page
    assert client.post(change(listing), form(_approve="1")).status_code == 403
    client.post(PAGE, {"action": "approve", "_selected_action": str(listing.pk)})
    listing.refresh_from_db()
    assert listing.state == State.PENDING


def test_the_list_costs_the_same_however_long_it_is(admin_client: Client, build: Build) -> None:
    numbers = []
    for name in ("One", "Two", "Three"):
        published(build({"e": "Echo"}, name=name))
        with CaptureQueriesContext(connection) as asked:
            admin_client.get(PAGE)
        numbers.append(len(asked))
    assert numbers[1] == numbers[2]

"""Reviews in the admin: a person reads what is asked, and decides."""

import pytest
from django.test import Client

from executions.models import GraphExecution, Review
from executions.states import Status, Verdict
from tests.executions.driver import Driver
from tests.executions.reviews.asking import gated, until_asked
from tests.executions.test_admin import text_of, viewer
from tests.graphs_for_tests import Build

REVIEWS = "/admin/executions/review/"


@pytest.fixture
def review(build: Build, drive: Driver) -> Review:
    [review] = until_asked(drive, gated(build).start())
    return review


def test_the_page_shows_what_is_asked_and_takes_the_answer(admin_client: Client, review: Review, drive: Driver) -> None:
    assert "look at it" in text_of(admin_client, REVIEWS)
    page = text_of(admin_client, f"{REVIEWS}{review.pk}/change/")
    assert all(text in page for text in ("look at it", "Approve", "Reject", "&quot;a&quot;: 1"))
    posted = {"payload": '{"a": 2}', "message": "fine", "approve": "Approve"}
    answer = admin_client.post(f"{REVIEWS}{review.pk}/decide/", posted, follow=True).content.decode()
    assert "Approved: the node goes on." in answer
    review.refresh_from_db()
    assert (review.status, review.reviewed_data, review.message) == (Verdict.APPROVED, {"a": 2}, "fine")
    assert drive(GraphExecution.objects.get(pk=review.run_id)).status == Status.COMPLETED
    assert "Reject" not in text_of(admin_client, f"{REVIEWS}{review.pk}/change/")


def test_what_is_no_json_is_refused_with_a_sentence(admin_client: Client, review: Review) -> None:
    posted = {"payload": "{a", "reject": "Reject"}
    answer = admin_client.post(f"{REVIEWS}{review.pk}/decide/", posted, follow=True).content.decode()
    assert "This is no JSON" in answer
    review.refresh_from_db()
    assert review.status == Verdict.WAITING


def test_a_decision_that_comes_too_late_is_refused_with_a_sentence(admin_client: Client, review: Review) -> None:
    admin_client.post(f"{REVIEWS}{review.pk}/decide/", {"payload": '{"a": 1}', "reject": "Reject"})
    late = {"payload": '{"a": 1}', "approve": "Approve"}
    answer = admin_client.post(f"{REVIEWS}{review.pk}/decide/", late, follow=True).content.decode()
    assert "REJECTED already" in answer


def test_who_may_only_view_decides_nothing(review: Review) -> None:
    client = viewer("view_review")
    assert "Approve" not in text_of(client, f"{REVIEWS}{review.pk}/change/")
    assert client.post(f"{REVIEWS}{review.pk}/decide/", {"approve": "1"}).status_code == 403
    assert client.get(f"{REVIEWS}{review.pk}/decide/").status_code == 405

"""Reviews over HTTP: every refusal has its status, and nothing is half decided."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from executions.models import GraphExecution, Review
from executions.states import Status
from tests.executions.driver import Driver
from tests.executions.reviews.asking import gated, in_review, until_asked
from tests.graphs_for_tests import Build


@pytest.fixture
def review(build: Build, drive: Driver) -> Review:
    [review] = until_asked(drive, gated(build).start())
    return review


def act(api: APIClient, *reviews: dict[str, Any]) -> Any:
    return api.post("/v1/review/action", {"reviews": list(reviews)}, format="json")


def test_what_waits_is_listed_newest_first_and_page_by_page(api: APIClient, build: Build, drive: Driver) -> None:
    built = gated(build)
    for _ in range(3):
        until_asked(drive, built.start())
    page = api.get("/v1/review/pending?page_size=2").json()
    assert page["pagination"] == {"total_items": 3, "total_pages": 2, "current_page": 1, "page_size": 2}
    newest = Review.objects.order_by("-created_at").first()
    assert newest is not None
    assert page["reviews"][0]["node_exec_id"] == str(newest.node_execution_id)
    assert api.get("/v1/review/pending?page_size=101").status_code == 422


def test_a_review_says_all_that_is_asked(api: APIClient, review: Review) -> None:
    [one] = api.get(f"/v1/review/execution/{review.run_id}").json()
    told = {name: one[name] for name in ("payload", "instructions", "editable", "status", "processed", "reviewed_at")}
    assert told == {
        "payload": {"a": 1},
        "instructions": "look at it",
        "editable": True,
        "status": "WAITING",
        "processed": False,
        "reviewed_at": None,
    }
    assert one["graph_exec_id"] == str(review.run_id)


def test_a_decision_is_counted_and_lets_the_run_end(api: APIClient, review: Review, drive: Driver) -> None:
    answer = act(api, {"node_exec_id": str(review.node_execution_id), "approved": True, "reviewed_data": {"a": 2}})
    assert answer.json() == {"approved_count": 1, "rejected_count": 0, "failed_count": 0, "error": None}
    assert drive(GraphExecution.objects.get(pk=review.run_id)).status == Status.COMPLETED
    assert api.get("/v1/review/pending").json()["reviews"] == []


def test_what_is_not_well_formed_is_refused(api: APIClient, review: Review) -> None:
    one = {"node_exec_id": str(review.node_execution_id), "approved": True}
    deep: Any = 1
    for _ in range(11):
        deep = [deep]
    assert act(api).status_code == 422
    assert act(api, one, one).status_code == 422
    assert act(api, one | {"message": "x" * 2001}).status_code == 422
    assert act(api, one | {"reviewed_data": deep}).status_code == 422
    assert act(api, one | {"reviewed_data": "x" * 2**20}).status_code == 422
    assert act(api, {"node_exec_id": "x", "approved": True}).status_code == 422
    assert act(api, {"node_exec_id": str(review.node_execution_id)}).status_code == 422
    assert in_review(review.run) == 1


def test_unknown_and_foreign_reviews_do_not_exist(api: APIClient, review: Review) -> None:
    assert act(api, {"node_exec_id": str(uuid4()), "approved": True}).status_code == 404
    assert api.get(f"/v1/review/execution/{uuid4()}").status_code == 404
    eve = APIClient()
    eve.force_authenticate(User.objects.create_user("eve"))
    assert act(eve, {"node_exec_id": str(review.node_execution_id), "approved": True}).status_code == 404
    assert eve.get(f"/v1/review/execution/{review.run_id}").status_code == 404
    assert eve.get("/v1/review/pending").json()["reviews"] == []


def test_reviews_of_two_runs_are_not_decided_together(api: APIClient, build: Build, drive: Driver) -> None:
    both = [until_asked(drive, gated(build).start())[0] for _ in range(2)]
    answer = act(api, *({"node_exec_id": str(one.node_execution_id), "approved": True} for one in both))
    assert answer.status_code == 409
    assert Review.objects.waiting().count() == 2


def test_a_changed_mind_comes_too_late(api: APIClient, review: Review, drive: Driver) -> None:
    one = {"node_exec_id": str(review.node_execution_id), "approved": False}
    assert act(api, one).status_code == 200
    assert act(api, one).status_code == 200
    assert act(api, one | {"approved": True}).status_code == 400


def test_edits_and_a_standing_approval_exclude_each_other(api: APIClient, review: Review) -> None:
    one = {"node_exec_id": str(review.node_execution_id), "approved": True, "auto_approve_future": True}
    assert act(api, one | {"reviewed_data": [1]}).status_code == 400
    assert act(api, one).status_code == 200


def test_the_owner_chooses_when_to_be_asked(api: APIClient, build: Build) -> None:
    address = f"/v1/graphs/{gated(build).version.graph_id}/settings"
    assert api.get(address).json() == {"human_in_the_loop_safe_mode": True, "sensitive_action_safe_mode": False}
    changed = api.patch(address, {"sensitive_action_safe_mode": True}, format="json")
    assert changed.json() == {"human_in_the_loop_safe_mode": True, "sensitive_action_safe_mode": True}
    assert api.get(address).json() == changed.json()
    assert api.patch(f"/v1/graphs/{uuid4()}/settings", {}, format="json").status_code == 404

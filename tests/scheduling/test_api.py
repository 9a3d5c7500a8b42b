"""Schedules over HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from executions.models import GraphExecution
from scheduling import backfills
from scheduling.models import Fire, Schedule
from tests.graphs_for_tests import Built
from tests.scheduling.conftest import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_messages")]


@pytest.fixture
def path(graph: Built) -> str:
    return f"/v1/graphs/{graph.version.graph_id}/schedules"


@pytest.fixture
def made(api: APIClient, path: str) -> Any:
    answer = api.post(path, {"name": "n", "cron": "30 2 * * *", "timezone": "America/New_York", "inputs": {"q": 1}})
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_schedule_is_made_listed_and_deleted(api: APIClient, path: str, made: Any, graph: Built) -> None:
    assert made["is_enabled"] is True
    assert (made["cron"], made["input_data"], made["graph_version"]) == ("30 2 * * *", {"q": 1}, 1)
    assert (made["agent_name"], made["graph_id"]) == ("graph", str(graph.version.graph_id))
    assert made["next_run_time"] == made["next_run_times"][0]["local"]
    assert len(made["next_run_times"]) == 5
    assert [one["id"] for one in api.get(path).json()] == [one["id"] for one in api.get("/v1/schedules").json()]
    assert api.delete(f"/v1/schedules/{made['id']}").json() == {"id": made["id"]}
    assert api.get("/v1/schedules").json() == []
    assert api.get(f"/v1/schedules/{made['id']}").status_code == 404


def test_the_lists_come_in_pages_the_oldest_first(api: APIClient, path: str) -> None:
    for number in range(3):
        api.post(path, {"name": f"n{number}", "every_seconds": 3600})
    for address in (path, "/v1/schedules"):
        pages = [api.get(f"{address}?page_size=2&page={page}").json() for page in (1, 2, 3)]
        assert [[one["name"] for one in page] for page in pages] == [["n0", "n1"], ["n2"], []]
        assert len(api.get(address).json()) == 3
        refused = [api.get(f"{address}?{query}").status_code for query in ("page_size=251", "page=0", f"page={10**30}")]
        assert refused == [422] * 3


def test_changes_of_the_clocks_are_shown_before_they_come(api: APIClient, made: Any) -> None:
    notes = [one["note"] for one in made["changes_of_clocks"]]
    assert any("02:30 does not exist: runs 03:00" in note for note in notes)


@pytest.mark.parametrize(
    ("body", "status", "field", "says"),
    [
        ({"cron": "61 * * * *"}, 400, "cron", "minute '61'"),
        ({"cron": "0 0 * * 8"}, 400, "cron", "day of week"),
        ({"cron": "0 0 30 2 *"}, 400, "cron", "never comes"),
        ({"cron": "* * * * *", "timezone": "Mars/Olympus"}, 400, "timezone", "not a time zone"),
        ({"cron": "* * * * *", "every_seconds": 5}, 400, "every_seconds", "either"),
        ({}, 400, "cron", "exactly one"),
        ({"at": "2020-01-01T00:00:00Z"}, 400, "at", "is over"),
        ({"cron": "0 0 * * *", "ends_at": "2020-01-01T00:00:00Z"}, 400, "ends_at", "No time"),
        ({"at": "9999-12-31T23:59:59Z"}, 422, "at", "2200"),
        ({"cron": "* * * * *", "jitter_seconds": -1}, 422, "jitter_seconds", "0"),
        ({"cron": "* * * * *", "misfire": "maybe"}, 422, "misfire", "maybe"),
        ({"cron": "* * * * *", "nodes_input_masks": {"x": {}}}, 422, "nodes_input_masks", "node id"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    api: APIClient, path: str, body: dict[str, Any], status: int, field: str, says: str
) -> None:
    answer = api.post(path, {"name": "n"} | body)
    assert answer.status_code == status, answer.json()
    [problem] = answer.json()["detail"]
    assert problem["loc"][:2] == ["body", field]
    assert says in problem["msg"]
    assert not Schedule.objects.exists()


def test_a_graph_that_cannot_be_run_is_refused_with_its_fields(api: APIClient, build: Any) -> None:
    built = build({"p": "Paid"})
    answer = api.post(f"/v1/graphs/{built.version.graph_id}/schedules", {"name": "n", "cron": "* * * * *"})
    assert answer.status_code == 400
    assert str(built.ids["p"]) in answer.json()["detail"]["node_errors"]


def test_the_schedule_of_somebody_else_is_refused(made: Any) -> None:
    other = APIClient()
    other.force_authenticate(User.objects.create_user("eve"))
    url = f"/v1/schedules/{made['id']}"
    asked = [other.delete(url), other.get(url), other.patch(url, {"name": "x"}), other.get(f"{url}/fires")]
    asked += [other.post(f"{url}/run-now"), other.post(f"{url}/backfill", {})]
    assert {answer.status_code for answer in asked} == {403}
    assert other.delete(f"/v1/schedules/{uuid4()}").status_code == 404
    assert other.get("/v1/schedules").json() == []
    assert Schedule.objects.count() == 1


def test_it_is_paused_resumed_and_edited(api: APIClient, made: Any) -> None:
    url = f"/v1/schedules/{made['id']}"
    paused = api.patch(url, {"is_enabled": False}).json()
    assert (paused["is_enabled"], paused["next_run_time"]) == (False, None)
    assert Schedule.objects.get().entry.enabled is False
    resumed = api.patch(url, {"is_enabled": True, "every_seconds": 3600, "name": "hourly"}).json()
    assert (resumed["cron"], resumed["every_seconds"], resumed["name"]) == ("", 3600, "hourly")
    entry = Schedule.objects.get().entry
    assert (entry.enabled, entry.crontab, str(entry.interval)) == (True, None, "every hour")
    assert api.patch(url, {"cron": "x"}).status_code == 400
    assert Schedule.objects.get().every_seconds == 3600
    assert api.patch(url, {"inputs": {"q": 2}}).json()["input_data"] == {"q": 2}


def test_run_now_answers_with_the_fire(api: APIClient, made: Any) -> None:
    fire = api.post(f"/v1/schedules/{made['id']}/run-now").json()
    assert (fire["state"], fire["origin"]) == ("FIRED", "PERSON")
    assert GraphExecution.objects.get().pk == Fire.objects.get().run_id
    assert str(GraphExecution.objects.get().pk) == fire["run_id"]
    assert [one["id"] for one in api.get(f"/v1/schedules/{made['id']}/fires").json()["fires"]] == [fire["id"]]


def test_run_now_without_credits_is_refused_and_leaves_nothing(api: APIClient, made: Any, user: User) -> None:
    import credits.services

    credits.services.grant(user.pk, -1_000_000, reason="spent")
    assert api.post(f"/v1/schedules/{made['id']}/run-now").status_code == 402
    assert not Fire.objects.exists()


def test_history_comes_in_pages(api: APIClient, made: Any) -> None:
    now = timezone.now()
    schedule = Schedule.objects.get()
    for hours in range(1, 6):
        time = now - timedelta(hours=hours)
        Fire.objects.create(schedule=schedule, logical_time=time, due_at=time, state="MISSED", handled_at=now)
    url = f"/v1/schedules/{made['id']}/fires"
    first = api.get(url, {"page_size": 3}).json()
    rest = api.get(url, {"page_size": 3, "before": first["next_before"]}).json()
    assert (len(first["fires"]), len(rest["fires"]), rest["next_before"]) == (3, 2, None)
    assert api.get(url, {"state": "FIRED"}).json()["fires"] == []
    assert api.get(url, {"page_size": 0}).status_code == 422


def test_a_preview_stores_nothing(api: APIClient) -> None:
    answer = api.post("/v1/schedules/preview", {"cron": "0 9 * * 1", "timezone": "Europe/Vienna"}).json()
    assert len(answer["next"]) == 5
    assert datetime.fromisoformat(answer["next"][0]["local"]).isoweekday() == 1
    assert not Schedule.objects.exists()


def test_the_numbers_of_autogpt_are_translated_and_it_says_so(api: APIClient) -> None:
    answer = api.post("/v1/schedules/preview", {"cron": "0 9 * * 0", "cron_dialect": "autogpt"}).json()
    assert answer["cron"] == "0 9 * * mon"
    assert "Monday = 0" in answer["notes"][0]


@pytest.fixture
def past(api: APIClient, path: str, clock: Clock) -> str:
    """An hourly schedule, and the clock at half past eleven."""
    answer = api.post(path, {"name": "n", "cron": "0 * * * *", "inputs": {"q": 1}})
    clock.now = datetime(2027, 5, 3, 11, 30, tzinfo=UTC)
    return f"/v1/schedules/{answer.json()['id']}"


@pytest.mark.django_db(transaction=True)
def test_a_backfill_fills_holes_only_oldest_first_so_many_at_once(api: APIClient, past: str, clock: Clock) -> None:
    clock.tick()  # 9 and 10 are missed, 11 is fired
    wanted = {"from": "2027-05-03T06:00:00Z", "to": "2027-05-03T11:00:00Z", "concurrency": 2}
    dry = api.post(f"{past}/backfill", wanted | {"dry_run": True}).json()
    assert (dry["id"], dry["total"], dry["first_times"][0]) == (None, 5, "2027-05-03T06:00:00Z")
    assert set(dry["cost"]) == {"min", "expected", "max"}
    made = api.post(f"{past}/backfill", wanted).json()
    assert (made["total"], made["left"]) == (5, 5)
    assert api.post(f"{past}/backfill", wanted).status_code == 409
    order = []
    for _ in range(6):
        clock.tick(seconds=1)
        backfills.advance(UUID(made["id"]))  # as the message says that a tick sends where there is a broker
        running = Fire.objects.running().filter(backfill=made["id"]).order_by("logical_time")
        order += [fire.logical_time.hour for fire in running]
        assert len(running) <= 2
        now = clock.now
        GraphExecution.objects.alive().update(status="COMPLETED", started_at=now, ended_at=now)
    assert order == [6, 7, 8, 9, 10]
    done = api.get(f"{past}/backfill/{made['id']}").json()
    assert (done["left"], done["running"], done["done"]) == (0, 0, 5)
    assert done["ended_at"]
    assert api.post(f"{past}/backfill", wanted | {"dry_run": True}).json()["total"] == 0


@pytest.mark.django_db(transaction=True)
def test_a_backfill_can_be_cancelled(api: APIClient, past: str, clock: Clock) -> None:
    wanted = {"from": "2027-05-03T06:00:00Z", "to": "2027-05-03T11:00:00Z"}
    made = api.post(f"{past}/backfill", wanted).json()
    backfills.advance(UUID(made["id"]))
    after = api.delete(f"{past}/backfill/{made['id']}").json()
    assert (after["left"], after["running"]) == (0, 1)
    clock.tick(seconds=1)
    assert Fire.objects.filter(backfill=made["id"], state="FIRED").count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"from": "2027-05-03T06:00:00Z"}, 422),
        ({"from": "2027-05-03T06:00:00Z", "to": "2027-05-03T05:00:00Z"}, 400),
        ({"from": "2027-05-03T06:00:00Z", "to": "2027-06-03T05:00:00Z"}, 400),
        ({"from": "2001-05-03T06:00:00Z", "to": "2027-05-03T05:00:00Z"}, 400),
    ],
)
def test_a_backfill_that_cannot_be_is_refused(api: APIClient, past: str, body: dict[str, str], status: int) -> None:
    assert api.post(f"{past}/backfill", body).status_code == status

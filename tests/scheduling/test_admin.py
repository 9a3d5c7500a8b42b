"""The admin's pages: schedules, the calendar, the ledger, backfills, jobs."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from executions.models import GraphExecution
from scheduling import services
from scheduling.models import Backfill, Fire, Schedule
from scheduling.system import ensure_system_jobs
from tests.graphs_for_tests import Built

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_messages")]


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", timezone="Europe/Vienna"))
    return client


def form(graph: Built, **fields: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("version", "every_seconds", "at_0", "at_1", "starts_at_0", "starts_at_1", "max_cost"), "")
    given = {"graph": graph.version.graph_id, "name": "nightly", "enabled": "on", "cron": "30 2 * * *"}
    policies = {"misfire": "once", "misfire_limit": 10, "overlap": "allow", "jitter_seconds": 0}
    inputs = {"inputs": '{"q": 1}', "credentials_inputs": "{}", "masks": "{}", "timezone": "America/New_York"}
    return empty | given | policies | inputs | fields


def add(admin: Client, filled_in: dict[str, Any]) -> Any:
    return admin.post(reverse("admin:scheduling_schedule_add"), filled_in)


@pytest.fixture
def made(graph: Built) -> Schedule:
    graph_id, owner = graph.version.graph_id, graph.version.graph.owner
    return services.create(
        user=owner, graph_id=graph_id, name="nightly", cron="30 2 * * *", timezone="America/New_York"
    )


def test_a_schedule_is_made_and_edited_on_its_page(admin: Client, graph: Built) -> None:
    assert add(admin, form(graph)).status_code == 302
    made = Schedule.objects.get()
    assert (made.user, made.inputs, made.entry.enabled) == (graph.version.graph.owner, {"q": 1}, True)
    url = reverse("admin:scheduling_schedule_change", args=[made.pk])
    page = admin.get(url).content.decode()
    assert "02:30 does not exist: runs 03:00" in page
    changed = form(graph, cron="0 4 * * *", enabled="")
    assert admin.post(url, changed).status_code == 302
    made.refresh_from_db()
    made.entry.refresh_from_db()
    assert (made.cron, made.enabled, made.entry.enabled) == ("0 4 * * *", False, False)
    assert str(made.entry.crontab).startswith("0 4 * * *")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"cron": "61 * * * *"}, "The minute"),
        ({"cron": ""}, "exactly one of cron"),
        ({"every_seconds": 5}, "exactly one of cron"),
        ({"timezone": "Mars/Olympus"}, "is not a time zone"),
        ({"inputs": "[]"}, "one JSON object"),
        ({"inputs": "{"}, "valid JSON"),
        ({"version": 99}, "There is no version 99"),
        ({"graph": "no id"}, "is not a valid UUID"),
    ],
)
def test_what_cannot_be_is_said_at_the_field(admin: Client, graph: Built, fields: dict[str, Any], says: str) -> None:
    answer = add(admin, form(graph) | fields)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not Schedule.objects.exists()


def ledger(schedule: Schedule) -> None:
    now = timezone.now()
    for hours, state in enumerate(["FAILED", "MISSED", "SKIPPED"], start=1):
        time = now - timedelta(hours=hours)
        Fire.objects.create(
            schedule=schedule, logical_time=time, due_at=time, state=state, handled_at=now, reason="why"
        )
    services.run_now(schedule)
    Backfill.objects.create(schedule=schedule, first=now - timedelta(days=1), last=now, total=3, ended_at=now)


def test_the_list_shows_the_next_fire_the_last_result_and_a_row_of_bars(admin: Client, made: Schedule) -> None:
    ledger(made)
    page = admin.get(reverse("admin:scheduling_schedule_changelist")).content.decode()
    assert "run queued" in page
    assert page.count("<rect") == 4
    assert "02:30:00 E" in page


def test_the_list_asks_as_much_for_many_schedules_as_for_one(
    admin: Client, graph: Built, made: Schedule, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        services.create(user=made.user, graph_id=made.graph_id, name=f"s{number}", cron="0 * * * *")
    with django_assert_max_num_queries(10):
        admin.get(reverse("admin:scheduling_schedule_changelist"))


def test_actions_pause_resume_and_run(admin: Client, made: Schedule) -> None:
    url = reverse("admin:scheduling_schedule_changelist")
    for action, enabled in (("pause", False), ("resume", True), ("run_now", True)):
        admin.post(url, {"action": action, "_selected_action": [str(made.pk)]})
        made.refresh_from_db()
        assert made.enabled is enabled
    assert GraphExecution.objects.count() == 1
    admin.post(url, {"action": "delete_selected", "_selected_action": [str(made.pk)], "post": "yes"})
    assert not Schedule.objects.exists()


def test_a_month_shows_what_was_and_what_is_to_come(admin: Client, made: Schedule) -> None:
    ledger(made)
    url = reverse("admin:scheduling_schedule_calendar")
    now = admin.get(url).content.decode()
    assert "nightly" in now
    assert "failed" in now
    assert "Europe/Vienna" in now
    later = admin.get(url, {"month": "2030-07"}).content.decode()
    assert later.count("nightly: 08:30") >= 31
    assert admin.get(url, {"month": "2030-99"}).status_code == 200
    assert admin.get(url, {"month": "9999-12"}).status_code == 200


def test_history_and_jobs_have_pages(admin: Client, made: Schedule) -> None:
    ledger(made)
    ensure_system_jobs()
    for model, says in (("fire", "failed"), ("backfill", "0 of 3 done"), ("systemjob", "PETIOLE_RETENTION_DAYS")):
        page = admin.get(reverse(f"admin:scheduling_{model}_changelist")).content.decode()
        assert says in page
    fire = Fire.objects.filter(state="FAILED").get()
    assert admin.get(reverse("admin:scheduling_fire_change", args=[fire.pk])).status_code == 200


def test_the_page_of_a_stranger_is_closed(client: Client, made: Schedule) -> None:
    for name in ("changelist", "calendar"):
        assert client.get(reverse(f"admin:scheduling_schedule_{name}")).status_code == 302

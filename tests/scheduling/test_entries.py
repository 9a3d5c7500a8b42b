"""A schedule and its entry of django-celery-beat: edited on either side, both are true."""

from datetime import timedelta
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from celery import current_app
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from accounts.models import User
from scheduling import services
from scheduling.beat import Scheduler
from scheduling.models import Schedule, SystemJob
from scheduling.system import SWEEP, ensure_system_jobs
from tests.scheduling.conftest import START, Clock, Make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def entry_of(schedule: Schedule) -> Any:
    """The package has no types."""
    return PeriodicTask.objects.get(petiole_schedule=schedule.pk)


def test_a_schedule_has_an_entry_that_says_the_same(schedule: Make) -> None:
    made = schedule("0 9 * * mon-fri", timezone="Europe/Vienna", ends_at=START + timedelta(days=90))
    entry = entry_of(made)
    assert str(entry.crontab) == "0 9 * * mon-fri (m/h/dM/MY/d) Europe/Vienna"
    assert (entry.enabled, entry.expires, entry.one_off) == (True, made.ends_at, False)
    services.edit(made, {"cron": "", "at": START + timedelta(days=1)})
    entry = entry_of(made)
    assert (entry.crontab, entry.clocked and entry.clocked.clocked_time) == (None, START + timedelta(days=1))


def test_what_is_edited_at_the_entry_is_said_by_the_schedule(schedule: Make) -> None:
    made = schedule("0 9 * * *")
    entry = entry_of(made)
    entry.crontab = CrontabSchedule.objects.create(minute="15", hour="8", timezone=ZoneInfo("Asia/Tokyo"))
    entry.name = "mornings"
    entry.save()
    made.refresh_from_db()
    assert (made.cron, made.timezone, made.name) == ("15 8 * * *", "Asia/Tokyo", "mornings")
    assert made.next_at is not None
    assert f"{made.next_at:%H:%M}" == "23:15"


def test_the_reason_of_a_pause_is_kept(schedule: Make) -> None:
    made = schedule()
    services.pause(made, reason="for a while")
    made.refresh_from_db()
    assert (made.enabled, made.pause_reason, entry_of(made).enabled) == (False, "for a while", False)
    services.resume(made)
    made.refresh_from_db()
    assert (made.enabled, made.pause_reason, entry_of(made).enabled) == (True, "", True)


def test_another_crontab_of_the_same_meaning_changes_nothing(schedule: Make) -> None:
    made = schedule("0 9 * * mon-fri")
    CrontabSchedule.objects.filter(periodictask=made.entry_id).update(day_of_week="1-5")
    entry_of(made).crontab.save()
    made.refresh_from_db()
    assert made.cron == "0 9 * * mon-fri"


def test_an_interval_or_a_time_that_is_edited_reaches_its_schedules(schedule: Make) -> None:
    often, once = schedule(every_seconds=120), schedule(at=START + timedelta(days=1))
    interval = IntervalSchedule.objects.get(periodictask=often.entry_id)
    interval.every = 7
    interval.save()
    clocked = ClockedSchedule.objects.get(periodictask=once.entry_id)
    clocked.clocked_time += timedelta(days=1)
    clocked.save()
    often.refresh_from_db()
    once.refresh_from_db()
    assert (often.every_seconds, once.at) == (420, START + timedelta(days=2))


def test_the_actions_of_the_list_of_periodic_tasks_reach_the_schedule(
    schedule: Make, admin: Client, clock: Clock
) -> None:
    made = schedule("* * * * *")
    clock.tick()
    url = reverse("admin:django_celery_beat_periodictask_changelist")
    for action, enabled in (("disable_tasks", False), ("enable_tasks", True), ("toggle_tasks", False)):
        admin.post(url, {"action": action, "_selected_action": [made.entry_id]})
        made.refresh_from_db()
        assert (made.enabled, made.next_at is not None) == (enabled, enabled)
    assert not made.fires.filter(state="PLANNED").exists()


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ({"crontab": ("0", "9", "*", "*", "fri-mon")}, "day of week"),
        ({"solar": "sunrise"}, "times of the sun"),
    ],
)
def test_what_a_schedule_cannot_do_pauses_it_with_the_reason(schedule: Make, times: dict[str, Any], why: str) -> None:
    made = schedule("0 9 * * *")
    entry = entry_of(made)
    if "solar" in times:
        entry.crontab, entry.solar = None, SolarSchedule.objects.create(event="sunrise", latitude=48, longitude=16)
    else:
        names = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
        entry.crontab = CrontabSchedule.objects.create(**dict(zip(names, times["crontab"], strict=True)))
    entry.save()
    made.refresh_from_db()
    assert not made.enabled
    assert not entry_of(made).enabled
    assert why in made.pause_reason


def test_each_goes_with_the_other(schedule: Make) -> None:
    first, second, third = schedule(), schedule(), schedule()
    entry_of(first).delete()
    assert set(Schedule.objects.all()) == {second, third}
    services.delete(second)
    third.graph.delete()
    assert not Schedule.objects.exists()
    assert not PeriodicTask.objects.filter(task="scheduling.tasks.tick").exists()


def test_beat_does_not_sleep_through_what_is_due_soon() -> None:
    ensure_system_jobs()
    SystemJob.objects.update(next_at=timezone.now() + timedelta(seconds=3))
    beat = Scheduler(app=current_app, lazy=True)
    with mock.patch.object(Scheduler, "apply_entry"):
        assert 0 < beat.tick() <= 3
    beat._finalize.cancel()


def test_beat_sends_none_of_them_itself(schedule: Make) -> None:
    schedule("* * * * *")
    beat = Scheduler(app=current_app, lazy=True)
    names = {model.name for model in beat.enabled_models_qs()}
    beat._finalize.cancel()
    assert names - {"celery.backend_cleanup"} == {SWEEP}

"""The platform's own jobs: begun once, listed with how they went; what retention deletes and what it keeps."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

import credits.services
from accounts.models import ApiToken, User
from credits.models import CreditTransaction
from executions.engine import admission
from executions.models import GraphExecution, NodeExecution
from notifications.models import Delivery, DeliveryItem, Notice
from scheduling import jobs, tasks
from scheduling.jobs import expiry, reports, retention
from scheduling.models import Fire, SystemJob
from scheduling.system import SWEEP, ensure_system_jobs
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build
from tests.scheduling.conftest import Make

pytestmark = pytest.mark.django_db(transaction=True)
OLD = timedelta(days=100)


@pytest.fixture(autouse=True)
def entries(transactional_db: None) -> None:
    ensure_system_jobs()


def test_every_job_has_an_entry_whose_times_may_be_changed() -> None:
    assert set(SystemJob.objects.values_list("name", flat=True)) == set(jobs.JOBS)
    hourly: Any = SystemJob.objects.get(name="retention").entry
    hourly.interval = IntervalSchedule.objects.create(every=2, period="days")
    hourly.save()
    ensure_system_jobs()
    job = SystemJob.objects.select_related("entry__interval").get(name="retention")
    now = timezone.now()
    assert job.time_after(now) == now + timedelta(days=2)


@pytest.mark.usefixtures("broker")
def test_a_job_that_is_due_is_begun_once_however_many_tick() -> None:
    now = timezone.now()
    SystemJob.objects.update(next_at=now + timedelta(days=1))
    SystemJob.objects.filter(name="retention").update(next_at=now)
    assert [jobs.begin_due(now) for _ in range(3)] == [1, 0, 0]
    assert SystemJob.objects.get(name="retention").next_at == now + timedelta(hours=1)


@pytest.mark.usefixtures("broker")
def test_a_job_whose_times_cannot_be_read_says_so_and_holds_up_no_other() -> None:
    """Celery knows names of days that Unix does not."""
    now = timezone.now()
    SystemJob.objects.update(next_at=now + timedelta(days=1))
    SystemJob.objects.filter(name__in=["expired", "ledger audit", "retention"]).update(next_at=now)
    for job in SystemJob.objects.filter(name__in=["expired", "ledger audit"]).select_related("entry"):
        entry: Any = job.entry
        entry.interval, entry.crontab = None, CrontabSchedule.objects.create(day_of_week="sunday")
        entry.save()
    assert [jobs.begin_due(now) for _ in range(2)] == [1, 0]
    audit = SystemJob.objects.get(name="ledger audit")
    assert (audit.succeeded, "'sunday'" in audit.result) == (False, True)


@pytest.mark.usefixtures("broker")
def test_a_daily_job_that_got_lost_is_begun_again_after_an_hour() -> None:
    now = timezone.now()
    SystemJob.objects.update(next_at=now + timedelta(days=9))
    SystemJob.objects.filter(name="error rates").update(next_at=now)
    assert jobs.begin_due(now) == 1
    assert jobs.begin_due(now + timedelta(minutes=61)) == 1  # nobody has heard of it since
    tasks.run_job("error rates")
    assert jobs.begin_due(now + timedelta(hours=23)) == 0
    assert jobs.begin_due(now + timedelta(hours=25)) == 1


def test_a_job_whose_entry_is_disabled_is_not_begun() -> None:
    PeriodicTask.objects.filter(petiole_job__isnull=False).update(enabled=False)
    assert jobs.begin_due(timezone.now() + timedelta(days=2)) == 0


def test_how_a_job_went_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.run_job("late runs")
    job = SystemJob.objects.get(name="late runs")
    assert (job.succeeded, job.result, bool(job.ended_at)) == (True, "No run is late.", True)
    monkeypatch.setattr("credits.audit.differences", lambda: iter(["user 7: the balance is wrong"]))
    tasks.run_job("ledger audit")
    job = SystemJob.objects.get(name="ledger audit")
    assert job.succeeded is False
    assert "user 7" in job.result


def test_a_job_does_not_run_beside_itself() -> None:
    now = timezone.now()
    SystemJob.objects.filter(name="expired").update(started_at=now, ended_at=None)
    assert jobs.run("expired") is False
    SystemJob.objects.filter(name="expired").update(started_at=now - timedelta(hours=2))
    assert jobs.run("expired") is True


def test_the_sweep_is_listed_and_falls_to_the_ticks_when_beat_is_away() -> None:
    jobs.note(jobs.SWEEP, succeeded=True, result="woken 1")
    job = SystemJob.objects.select_related("entry").get(name="sweep")
    assert (job.result, job.entry.name) == ("woken 1", SWEEP)
    assert timedelta(seconds=5) < job.next_at - timezone.now() <= timedelta(seconds=12)


def test_retention_deletes_old_runs_with_all_they_have_and_keeps_the_ledger_of_credits(
    drive: Driver, build: Build, user: User, settings: Any
) -> None:
    settings.FILE_BYTES = 1024
    inner = build({"p": ("Paid", {"x": "y" * 2000})})
    built = build({"s": build.executor(inner), "e": ("Echo", {"x": 1})})
    old, young = drive(built.start()), drive(built.start())
    folder = Path(settings.MEDIA_ROOT) / "runs"
    child = old.children.get()
    assert (folder / str(child.pk)).is_dir()
    charges = CreditTransaction.objects.count()
    GraphExecution.objects.filter(root=old).update(ended_at=timezone.now() - OLD)
    assert "Deleted 2 runs" in retention.purge()
    assert set(GraphExecution.objects.values_list("root_id", flat=True)) == {young.pk}
    assert not NodeExecution.objects.filter(run__in=[old.pk, child.pk]).exists()
    assert not (folder / str(child.pk)).exists()
    assert CreditTransaction.objects.count() == charges
    assert credits.services.balance(user.pk) < 1_000_000
    settings.RETENTION_DAYS = 0
    assert "everything is kept" in retention.purge()


def test_retention_deletes_old_fires_and_notices(schedule: Make, user: User, settings: Any) -> None:
    made = schedule()
    now = timezone.now()
    for age in (OLD, timedelta(days=1)):
        at = now - age
        Fire.objects.create(schedule=made, logical_time=at, due_at=at, state="MISSED", handled_at=at)
        Notice.objects.create(user=user, kind="AGENT_RUN", created_at=now - age)
    assert "1 fires, 1 notices" in retention.purge()
    assert (Fire.objects.count(), Notice.objects.count()) == (1, 1)


def test_retention_keeps_what_a_backfill_has_run_lately_and_what_nobody_was_told_yet(
    schedule: Make, user: User, settings: Any
) -> None:
    now = timezone.now()
    Fire.objects.create(schedule=schedule(), logical_time=now - OLD, due_at=now - OLD, state="FIRED", handled_at=now)
    settings.RETENTION_DAYS = 2
    old = now - timedelta(days=3)
    notice = Notice.objects.create(user=user, kind="AGENT_RUN", created_at=old, planned_at=old)
    weekly = Delivery.objects.create(
        user=user, kind="AGENT_RUN", channel="mail", timing="weekly", created_at=old, due_at=now + timedelta(days=2)
    )
    DeliveryItem.objects.create(delivery=weekly, notice=notice, channel="mail")
    assert "0 fires, 0 notices" in retention.purge()
    weekly.items.all().delete()
    Delivery.objects.update(state="sent", sent_at=now)
    assert "0 fires, 1 notices" in retention.purge()


def test_what_has_run_out_is_removed(user: User, settings: Any) -> None:
    folder = Path(settings.MEDIA_ROOT) / "runs" / "0199d1b5-0000-7000-8000-000000000000"
    folder.mkdir(parents=True)
    os.utime(folder, (time.time() - 2 * 86_400,) * 2)
    ApiToken.objects.create(user=user, name="t", hash="h", revoked_at=timezone.now() - OLD)
    said = "Removed 0 sessions, 0 logins, 1 tokens, 0 uploads, files of 1 runs that are gone."
    assert expiry.clean() == said
    assert not folder.exists()


def test_administrators_hear_of_late_runs_once(build: Build, no_messages: object) -> None:
    root = User.objects.create_superuser("root")
    built = build({"e": ("Echo", {"x": 1})})
    late, running, fresh = built.start(), built.start(), built.start()
    GraphExecution.objects.filter(pk=late.pk).update(created_at=timezone.now() - timedelta(minutes=6))
    admission.admit(running.pk)
    GraphExecution.objects.filter(pk=running.pk).update(started_at=timezone.now() - timedelta(hours=25))
    for _ in range(2):
        said = reports.late_runs()
    assert said.startswith("1 queued for more than 5 minutes, 1 running for more than a day")
    assert str(fresh.pk) not in said
    assert Notice.objects.filter(user=root, kind="LATE_RUN").count() == 2


def test_blocks_that_fail_too_often_are_named_with_masked_samples(build: Build, no_messages: object) -> None:
    root = User.objects.create_superuser("root")
    run = build({f"e{n}": ("Echo", {"x": 1}) for n in range(10)}).start()
    now = timezone.now()
    nodes = run.node_executions.order_by("pk")
    error = {"error": "key 'sk-secret' of joe4711 was refused"}
    bad = list(nodes.values_list("pk", flat=True)[:6])
    nodes.filter(pk__in=bad).update(status="FAILED", end_time=now, start_time=now, stats=error)
    nodes.exclude(pk__in=bad).update(status="COMPLETED", end_time=now, start_time=now)
    assert "6 of 10" in reports.error_rates()
    data = Notice.objects.get(user=root, kind="ERROR_RATE").data
    assert data["samples"] == ["key … of … was refused"] * 3


@pytest.mark.usefixtures("broker")
def test_the_depth_of_the_queues_is_noted() -> None:
    assert reports.queue_depth().startswith("engine ")

"""The platform's own periodic jobs, kept as django-celery-beat entries so that their times can be seen and changed."""

import json
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from scheduling.entries import PARTS
from scheduling.jobs.catalogue import JOBS, Job
from scheduling.models import SystemJob

SWEEP: Final = JOBS["sweep"].entry_name


def ensure_system_jobs(**_: Any) -> None:
    """After every migration: each job has its entry. What somebody has changed there stays as it is, but for the sweep,
    whose period is a setting."""
    for job in JOBS.values():
        entry = PeriodicTask.objects.filter(name=job.entry_name).first()
        if entry is None or job.entry_name == SWEEP:
            entry, _created = PeriodicTask.objects.update_or_create(name=job.entry_name, defaults=_entry(job))
        by_beat = job.entry_name == SWEEP
        SystemJob.objects.update_or_create(
            name=job.name, defaults={"description": job.description, "entry": entry, "sent_by_beat": by_beat}
        )
    SystemJob.objects.exclude(name__in=JOBS).delete()


def _entry(job: Job) -> dict[str, Any]:
    arguments = [job.name] if job.task.startswith("scheduling.") else []
    return {
        "task": job.task,
        "args": json.dumps(arguments),
        "interval": None if job.cron else _interval(settings.SWEEP_SECONDS if job.entry_name == SWEEP else job.every),
        "crontab": _crontab(job.cron) if job.cron else None,
        "queue": "engine",
        # no expiry: where the queue is long, every sweep would expire; the task itself leaves out surplus ones
        "expire_seconds": None,
        "description": job.description,
    }


def _interval(seconds: int) -> IntervalSchedule:
    period = {"every": seconds, "period": IntervalSchedule.SECONDS}
    return IntervalSchedule.objects.filter(**period).first() or IntervalSchedule.objects.create(**period)


def _crontab(cron: str) -> CrontabSchedule:
    fields = dict(zip(PARTS, cron.split(), strict=True)) | {"timezone": ZoneInfo("UTC")}
    return CrontabSchedule.objects.filter(**fields).first() or CrontabSchedule.objects.create(**fields)

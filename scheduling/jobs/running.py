"""Begins jobs that are due, once each however many tick, and keeps how they went."""

import logging
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final

from django.utils import timezone

from executions.crashpoints import crash_point
from executions.database import repeated
from scheduling.jobs.catalogue import JOBS
from scheduling.messages import send
from scheduling.models import SystemJob

log = logging.getLogger(__name__)

DIED: Final = timedelta(hours=1)  # a job that began so long ago and has not ended is begun again
SLACK: Final = timedelta(seconds=2)
LONGEST: Final = 1000


def begin_due(now: datetime) -> int:
    """Compare and set decides who sends the message; without a broker the job waits for the next tick."""
    begun = 0
    for job in SystemJob.objects.due(now).select_related("entry", "entry__crontab", "entry__interval"):
        following = job.time_after(now)
        if not _claim(job, following):
            continue
        crash_point("job.claimed")
        known = JOBS.get(job.name)
        sent = known is not None and send("run_job", job.name)
        if known is not None and not sent:
            SystemJob.objects.filter(pk=job.pk, next_at=following).update(next_at=now + SLACK)
        begun += sent
    return begun


@repeated
def _claim(job: SystemJob, following: datetime) -> int:
    return SystemJob.objects.filter(pk=job.pk, next_at=job.next_at).update(next_at=following)


def run(name: str) -> bool:
    """The job, here and now, unless it runs already. What it raises becomes its result."""
    now = timezone.now()
    mine = SystemJob.objects.filter(pk=name).idle(now - DIED)
    if name not in JOBS or not repeated(mine.update)(started_at=now, ended_at=None):
        return False
    crash_point("job.begun")
    try:
        result = str(_function(name)())
    except Exception as failure:
        log.exception("the job %s failed", name)
        note(name, succeeded=False, result=f"{type(failure).__name__}: {failure}")
        return False
    crash_point("job.done")
    note(name, succeeded=True, result=result)
    return True


def _function(name: str) -> Any:
    module, _, function = JOBS[name].does.partition(":")
    return getattr(import_module(module), function)


def note(name: str, *, succeeded: bool, result: str) -> None:
    """How it went. What beat sends itself is due by ticks only when beat has not sent it for two periods."""
    now = timezone.now()
    said: dict[str, Any] = {"ended_at": now, "succeeded": succeeded, "result": result[:LONGEST]}
    job = SystemJob.objects.filter(pk=name).select_related("entry", "entry__crontab", "entry__interval").first()
    if job is None:
        return
    if job.sent_by_beat:
        said |= {"started_at": now, "next_at": job.time_after(job.time_after(now)) + SLACK}
    repeated(SystemJob.objects.filter(pk=name).update)(**said)

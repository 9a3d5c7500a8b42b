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
LOOKED_AT: Final = timedelta(minutes=5)
SLACK: Final = timedelta(seconds=2)
LONGEST: Final = 1000


def begin_due(now: datetime) -> int:
    """Compare and set decides who sends the message; without a broker the job waits for the next tick."""
    begun = 0
    for job in SystemJob.objects.due(now).select_related("entry", "entry__crontab", "entry__interval"):
        following = _following(job, now)
        if following is None:
            continue
        following = min(following, now + DIED)  # a message that is lost, a worker that dies: `note` says when else
        if not _claim(job, following):
            continue
        crash_point("job.claimed")
        known = JOBS.get(job.name)
        sent = known is not None and send("run_job", job.name)
        if known is not None and not sent:
            SystemJob.objects.filter(pk=job.pk, next_at=following).update(next_at=now + SLACK)
        begun += sent
    return begun


def _following(job: SystemJob, now: datetime) -> datetime | None:
    """None when nobody can tell, because somebody has edited its entry: said in its result, and the others go on."""
    try:
        return job.time_after(now)
    except Exception as wrong:
        log.exception("the times of the job %s cannot be read", job.name)
        said = f"It is not run: the times of its periodic task cannot be read, correct them there. {wrong}"
        mine = SystemJob.objects.filter(pk=job.pk)
        repeated(mine.update)(next_at=now + LOOKED_AT, ended_at=now, succeeded=False, result=said[:LONGEST])
        return None


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
        said["started_at"] = now
        following = _following(job, now)
        if following is not None:
            said["next_at"] = following + (following - now) + SLACK
    elif job.started_at is not None:
        following = _following(job, job.started_at)
        if following is not None and following - job.started_at > DIED:
            said["next_at"] = following
    repeated(SystemJob.objects.filter(pk=name).update)(**said)

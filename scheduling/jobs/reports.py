"""What administrators should hear of: late runs, blocks that fail, a ledger that contradicts itself, long queues."""

import re
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from celery import current_app
from django.db.models import Count, Min, Q
from django.utils import timezone

import notifications.services
from accounts.models import User
from blocks import registry
from credits import audit
from executions.lines import MESSAGES
from executions.models import GraphExecution, NodeExecution
from executions.states import Status

QUEUED_TOO_LONG: Final = timedelta(minutes=5)
RUNNING_TOO_LONG: Final = timedelta(hours=24)
SHOWN: Final = 5
LEAST: Final = 10
HALF: Final = 0.5
SAMPLES: Final = 3
_SECRET: Final = re.compile(r"\"[^\"]*\"|'[^']*'|\S*\d\S*")


class Differs(Exception):
    """The ledger contradicts itself."""


def late_runs() -> str:
    """Not only those that became late just now: a run is listed until somebody has helped it."""
    now = timezone.now()
    alive = GraphExecution.objects.alive().roots().filter(paused_at=None)
    queued = alive.filter(status=Status.QUEUED, created_at__lt=now - QUEUED_TOO_LONG)
    running = alive.overlong(now - RUNNING_TOO_LONG).filter(status=Status.RUNNING)
    late = [*queued.order_by("created_at")[:SHOWN], *running.order_by("started_at")[:SHOWN]]
    for run in late:
        data = {"run_id": str(run.pk), "user_id": str(run.user_id), "status": run.status, "since": str(run.created_at)}
        _tell("LATE_RUN", data, key=f"late-run:{run.pk}:{run.status}:{run.retries}")
    if not late:
        return "No run is late."
    names = ", ".join(f"{run.pk} ({run.status})" for run in late)
    return f"{queued.count()} queued for more than 5 minutes, {running.count()} running for more than a day: {names}."


def error_rates() -> str:
    """Of the last day; the samples are masked, because values of users may be in them."""
    since = timezone.now() - timedelta(days=1)
    ended = NodeExecution.objects.filter(end_time__gte=since, status__in=[Status.COMPLETED, Status.FAILED])
    rows = ended.order_by().values("node__block_id").annotate(all=Count("pk"), bad=Count("pk", filter=_FAILED))
    bad = [row for row in rows if row["all"] >= LEAST and row["bad"] >= HALF * row["all"]]
    lines = []
    for row in sorted(bad, key=lambda row: -row["bad"]):
        block_id = row["node__block_id"]
        spec = registry.get(block_id)
        name = block_id if spec is None else spec.name
        failed = ended.filter(_FAILED, node__block_id=block_id).order_by("-end_time")
        samples = [
            masked(str((stats or {}).get("error", ""))) for stats in failed.values_list("stats", flat=True)[:SAMPLES]
        ]
        data = {"block_id": block_id, "block": name, "failed": row["bad"], "executions": row["all"], "samples": samples}
        _tell("ERROR_RATE", data, key=f"error-rate:{block_id}:{since:%Y-%m-%d}")
        lines.append(f"{name} {row['bad']} of {row['all']}")
    return f"Failed too often: {'; '.join(lines)}." if lines else "No block fails too often."


_FAILED: Final = Q(status=Status.FAILED)


def masked(error: str) -> str:
    """Texts in quotation marks and everything with a digit in it may be a value of a user."""
    return _SECRET.sub("…", error)[:200]


def ledger_audit() -> str:
    found = list(islice(audit.differences(), 100))
    if not found:
        return "Every balance and every charge is right."
    _tell("LEDGER_DIFFERS", {"differences": found}, key=f"ledger:{timezone.now():%Y-%m-%d}")
    raise Differs("; ".join(found[:SHOWN]))


def queue_depth() -> str:
    with MESSAGES.asked(), current_app.connection_for_write() as connection, connection.channel() as channel:
        depths = {queue: _length(channel, queue) for queue in ("engine", "io", "cpu")}
    oldest = NodeExecution.objects.filter(status=Status.QUEUED).aggregate(at=Min("queue_time"))["at"]
    waited = "" if oldest is None else f"; the oldest has waited for {(timezone.now() - oldest).total_seconds():.0f} s"
    return ", ".join(f"{queue} {depth}" for queue, depth in depths.items()) + waited


def _length(channel: Any, queue: str) -> int:
    return int(channel.queue_declare(queue=queue, durable=True, auto_delete=False).message_count)


def _tell(kind: str, data: dict[str, Any], *, key: str) -> None:
    for administrator in _administrators():
        notifications.services.record(administrator.pk, kind, data, key=key)


def _administrators() -> Iterable[User]:
    return User.objects.filter(is_superuser=True, is_active=True)

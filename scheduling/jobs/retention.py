"""Deletes what is older than PETIOLE_RETENTION_DAYS, in small batches. Movements of credits are kept for ever."""

import time
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.files import stored
from executions.models import GraphExecution, NodeExecution, NodeInput, NodeOutput, RunNode
from executions.states import Step
from notifications.models import Delivery, DeliveryItem, Notice
from scheduling.models import Backfill, Fire

BATCH: Final = 500
UNSENT: Final = (Delivery.State.WAITING, Delivery.State.RETRYING)
SECONDS: Final = 240.0  # of one pass; the rest is for the next one


def purge() -> str:
    days = settings.RETENTION_DAYS
    if not days:
        return "PETIOLE_RETENTION_DAYS is 0: everything is kept."
    before = timezone.now() - timedelta(days=days)
    deadline = time.monotonic() + SECONDS
    runs = _purge_runs(before, deadline)
    # what a backfill has run lately counts for its progress, and is not to be run again
    fires = _slice_by_slice(Fire.objects.filter(logical_time__lt=before, handled_at__lt=before), deadline)
    _slice_by_slice(Backfill.objects.filter(ended_at__lt=before), deadline)
    _slice_by_slice(Delivery.objects.filter(created_at__lt=before).exclude(state__in=UNSENT), deadline)
    told = ~Exists(DeliveryItem.objects.filter(notice=OuterRef("pk"), delivery__state__in=UNSENT))
    notices = _slice_by_slice(Notice.objects.filter(told, created_at__lt=before), deadline)
    more = " There is more: the next pass goes on." if time.monotonic() > deadline else ""
    return f"Deleted {runs} runs, {fires} fires, {notices} notices from before {before:%Y-%m-%d %H:%M} UTC.{more}"


def _purge_runs(before: datetime, deadline: float) -> int:
    """Whole trees, so that no run is left whose parent is gone; what is below goes first."""
    done = 0
    over = GraphExecution.objects.roots().filter(epilogue__in=[Step.NONE, Step.DONE], ended_at__lt=before)
    alive: list[UUID] = []  # they were retried meanwhile
    while roots := list(over.exclude(pk__in=alive).order_by("ended_at").values_list("pk", flat=True)[:BATCH]):
        for root in roots:
            if time.monotonic() > deadline:
                return done
            purged = _purge_tree(root)
            done += purged
            alive += [] if purged else [root]
    return done


def _purge_tree(root: UUID) -> int:
    tree = list(GraphExecution.objects.filter(root_id=root).order_by("-depth").values_list("pk", flat=True))
    if GraphExecution.objects.filter(root_id=root).alive().exists():
        return 0
    for run_id in tree:
        _purge_run(run_id)
    return len(tree)


def _purge_run(run_id: UUID) -> None:
    """Its many rows slice by slice, each a transaction of its own; a pass that dies is taken up by the next one."""
    _remove_files(run_id)
    _slice_by_slice(NodeInput.objects.filter(run_node__run_id=run_id))
    _slice_by_slice(NodeOutput.objects.filter(node_execution__run_id=run_id))
    _slice_by_slice(NodeExecution.objects.filter(run_id=run_id))
    _slice_by_slice(RunNode.objects.filter(run_id=run_id))
    crash_point("purge.emptied")
    _delete(GraphExecution.objects.filter(pk=run_id))


def _remove_files(run_id: UUID) -> None:
    values = NodeOutput.objects.filter(node_execution__run_id=run_id, file__isnull=False)
    for name in values.values_list("file", flat=True).iterator():
        default_storage.delete(str(name))
    stored.remove_all(run_id)


def _slice_by_slice(rows: QuerySet[Any], deadline: float = float("inf")) -> int:
    done = 0
    while time.monotonic() < deadline:
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not ids:
            break
        _delete(rows.model._default_manager.filter(pk__in=ids))
        crash_point("purge.slice")
        done += len(ids)
    return done


@repeated
def _delete(rows: QuerySet[Any]) -> None:
    with write():
        rows.all().delete()
        crash_point("purge.before_commit")

"""Rows of workers, and runs as workers leave them: for tests that need no process."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from executions.engine import admission
from executions.models import GraphExecution, NodeExecution, Worker
from executions.states import Status
from executions.waiting import Reason, waiting_for
from tests.graphs_for_tests import Build, Built


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def worker(*queues: str, seen: float = 1, **more: Any) -> Worker:
    name = f"{'-'.join(queues)}@oak"
    return Worker.objects.create(
        name=name, host="oak", pid=7, pool="threads", size=4, queues=list(queues),
        started_at=ago(900), seen_at=ago(seen), **more,
    )  # fmt: skip


def begun(built: Built, **wanted: Any) -> GraphExecution:
    """RUNNING, and its first executions are queued."""
    run = built.start(**wanted)
    assert admission.admit(run.pk)
    run.refresh_from_db()
    return run


def taken(run: GraphExecution, by: Worker | None, *, since: float = 12) -> NodeExecution:
    """A worker has claimed what was queued."""
    queued = NodeExecution.objects.filter(run=run, status=Status.QUEUED)
    one = queued.order_by("pk")[0]
    queued.filter(pk=one.pk).update(
        status=Status.RUNNING, claim_token=uuid4(), worker=by, holder="process 7 on oak",
        start_time=ago(since), claimed_at=ago(since),
    )  # fmt: skip
    return one


def only(run: GraphExecution) -> Reason:
    (reason,) = waiting_for(run)
    return reason


def echo(build: Build) -> Built:
    return build({"a": ("Echo", {"x": 1})}, a={"customized_name": "Say it"})

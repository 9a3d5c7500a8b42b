"""Suspending and waking without a lost signal (design 3.3).

A wake sets `wake_pending` in the transaction of the event and requeues the execution if it waits; a suspension is
refused while a wake is pending, so an event between the last look and the suspension is never missed."""

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from executions import hints
from executions.crashpoints import crash_point
from executions.facts import RunFacts
from executions.models import GraphExecution, NodeExecution
from executions.states import FINAL
from graphs.plan import RetryPolicy


def wake_parent(facts: RunFacts) -> None:
    """The node execution that started this child run has something to do. Needs the transaction of the event."""
    if facts.parent_node_execution_id is not None:
        wake(facts.parent_node_execution_id)


def wake(execution_id: UUID) -> None:
    """The row is locked before it is looked at: a suspension that is being committed is waited for, not missed."""
    one = NodeExecution.objects.filter(pk=execution_id)
    execution = one.select_for_update(no_key=True).only("status", "waits_for").first()
    crash_point("wake.locked")
    if execution is not None and execution.waiting:
        one.requeue(timezone.now())
        crash_point("wake.requeued")
        transaction.on_commit(partial(hints.publish_ids, [execution_id]))
    else:
        one.running().update(wake_pending=True)
        crash_point("wake.pending")


def wake_caller(execution: NodeExecution) -> None:
    """A called execution has ended: the last of those that were called together wakes their caller. Needs the
    transaction of the end, before the balance is locked; of two ends the later one sees the other."""
    calls = calls_beside(execution)
    if calls and execution.caller_id is not None and not unended(calls):
        wake(execution.caller_id)


def calls_beside(execution: NodeExecution) -> list[str]:
    """What was called together with it and its caller still waits for; the row of the caller is locked."""
    if execution.caller_id is None:
        return []
    rows = NodeExecution.objects.filter(pk=execution.caller_id).select_for_update(no_key=True)
    calls: list[str] = rows.values_list("calls", flat=True).first() or []
    crash_point("call.caller_locked")
    return calls if str(execution.pk) in calls else []


def unended(calls: Iterable[str]) -> bool:
    """Some of these executions have not ended."""
    return NodeExecution.objects.filter(pk__in=calls).exclude(status__in=FINAL).exists()


def after_failure(policy: RetryPolicy, failures: int) -> datetime:
    """When the attempt after this many failures is due."""
    return timezone.now() + timedelta(seconds=policy.pause(failures, random.random()))


def ring(execution_id: UUID, at: datetime) -> None:
    """A message for a wait that ends before the sweep would see to it; needs the transaction that suspends."""
    if at - timezone.now() < timedelta(seconds=2 * settings.SWEEP_SECONDS):
        transaction.on_commit(partial(hints.send().wake, execution_id, at))


def wake_due(execution_id: UUID, at: datetime) -> bool:
    """Requeue an execution whose timer or back-off has run out; False when it no longer waits, or its run is paused."""
    crash_point("wake_due.begun")
    going = GraphExecution.objects.filter(pk=OuterRef("run_id"), paused_at=None)
    woken = bool(NodeExecution.objects.filter(Exists(going), pk=execution_id).due(at).requeue(timezone.now()))
    crash_point("wake_due.requeued")
    return woken

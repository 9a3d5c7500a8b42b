"""Ends a run and everything below it from outside, in four commits (decision D10, design 3.4).

(1) the root and all its descendants are marked; (2) what nobody holds is closed, meeting a concurrent claim on the same
row lock; (3) descendants are looked up until no new one appears; (4) only then are the running ones counted and
interrupted. Each commit may be repeated: a stop that was cut off is finished by the sweep."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

import credits.services
from executions import hints, metrics
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import budget, reviewing
from executions.models import GraphExecution, NodeExecution
from executions.querysets import NodeExecutionQuerySet
from executions.states import RUN_COMES_FROM, Status

STOPPED = "Stopped before it started."


@repeated
def tree_of(run_id: UUID) -> list[UUID]:
    """The run and all runs below it that are not final."""
    found = [run_id]
    level = [run_id]
    while level:
        level = list(GraphExecution.objects.filter(parent__in=level).alive().values_list("pk", flat=True))
        found += level
    return found


@repeated
def mark(run_ids: Iterable[UUID]) -> int:
    """First commit: from now on nothing of these runs is claimed."""
    crash_point("stop.before_mark")
    with write():
        runs = GraphExecution.objects.filter(pk__in=list(run_ids), stop_requested_at=None).alive()
        marked = runs.update(stop_requested_at=timezone.now())
        metrics.after_commit(metrics.STOPS, "asked", marked)
        crash_point("stop.marked")
    crash_point("stop.after_mark")
    return marked


def close(run_ids: Iterable[UUID]) -> int:
    """Second commit: what is queued, waits or is under review ends here, FAILED where the run has failed."""
    return sum(_close(run_id) for run_id in run_ids)


@repeated
def _close(run_id: UUID) -> int:
    crash_point("stop.before_close")
    with write():
        run = GraphExecution.objects.only("failure").get(pk=run_id)
        status = Status.TERMINATED if run.failure is None else Status.FAILED
        closed = end(NodeExecution.objects.filter(run_id=run_id).closable(), status, run.failure or STOPPED)
        reviewing.withdraw(run_id)
        crash_point("stop.closed")
    crash_point("stop.after_close")
    return closed


def end(nodes: NodeExecutionQuerySet, status: Status, reason: str, before: dict[str, Any] | None = None) -> int:
    """End executions that no block is running for, and give back what was paid for blocks that were never entered (D2).

    `before`: statistics that are kept. The executions are locked first and the balance last, in the order in which a
    claim takes them. What may have to be given back is closed by itself: one that begins to wait between two statements
    is closed and given back, or left for whoever looks next."""
    now, stats = timezone.now(), (before or {}) | {"error": reason}
    unentered = Q(cost__gt=0, entered_epoch=None)
    closed = nodes.exclude(unentered).close(status, now, stats=stats)
    crash_point("give_back.free_closed")
    paid = list(nodes.filter(unentered).select_for_update(no_key=True).values_list("pk", "run_id", "cost"))
    if not paid:
        return closed
    closed += NodeExecution.objects.filter(pk__in=[pk for pk, _, _ in paid]).close(status, now, stats=stats)
    crash_point("give_back.closed")
    for _, run_id, cost in paid:
        budget.give_back(run_id, cost)
    for pk, _, _ in paid:
        credits.services.give_back(node_execution_id=pk, kind="run", reason="The block was never started.")
        crash_point("give_back.booked")
    NodeExecution.objects.filter(pk__in=[pk for pk, _, _ in paid]).update(cost=0)
    return closed


def begin(run_id: UUID) -> list[UUID]:
    """Commits one to three, then the interruption; the ids of the tree."""
    tree = close_tree(run_id)
    interrupt(tree)
    return tree


def close_tree(run_id: UUID) -> list[UUID]:
    """Commits one to three: mark and close until no new descendant appears. May be repeated at any time."""
    tree: list[UUID] = []
    while (now := tree_of(run_id)) != tree:
        tree = now
        mark(tree)
        close(tree)
    crash_point("stop.tree_closed")
    return tree


@repeated
def interrupt(run_ids: Iterable[UUID], *, kill: bool = False) -> int:
    """Fourth commit's question: who is running? They are told to end; the number of them."""
    running = list(NodeExecution.objects.of_runs(run_ids).running().only("pk", "dispatch", "holder"))
    crash_point("stop.before_interrupt")
    if running:
        hints.send().interrupt(running, kill=kill)
        crash_point("stop.interrupted")
    return len(running)


@repeated
def abandon(run_ids: Iterable[UUID]) -> int:
    """A block that outlived its grace period is fenced: its execution ends, its later writes change nothing."""
    ended = 0
    with write():
        for one in NodeExecution.objects.of_runs(run_ids).running():
            held = NodeExecution.objects.held(one.pk, one.claim_token) if one.claim_token else None
            if held is not None:
                why = f"abandoned: still running on worker {one.holder}"
                ended += end(held, Status.TERMINATED, why, one.stats)
        crash_point("abandon.before_commit")
    crash_point("abandon.after_commit")
    return ended


def after_grace(run_id: UUID, requested: datetime | None, now: datetime) -> None:
    """Kill what still runs after PETIOLE_STOP_GRACE, and fence it a second later. A request that lies ahead was made
    before the clock was set back."""
    grace = timedelta(seconds=settings.STOP_GRACE)
    if requested is None or abs(now - requested) < grace:
        return
    tree = tree_of(run_id)
    if interrupt(tree, kill=True) and abs(now - requested) >= grace + timedelta(seconds=1):
        abandon(tree)


def fail(run_id: UUID, reason: str) -> None:
    """End a run as FAILED (a refused charge, a limit): running nodes end TERMINATED, queued ones FAILED."""
    if _mark_failed(run_id, reason):
        carry_out(run_id)


@repeated
def _mark_failed(run_id: UUID, reason: str) -> bool:
    with write():
        marked = mark_failed(run_id, reason)
        crash_point("fail.before_commit")
    crash_point("fail.after_commit")
    return marked


def mark_failed(run_id: UUID, reason: str) -> bool:
    """The reason and the mark in one UPDATE, so that no kill falls between; False when a stop came first.

    A run that waits for a person has passed what would fail it, and cannot become FAILED (D28)."""
    runs = GraphExecution.objects.filter(
        pk=run_id, status__in=RUN_COMES_FROM[Status.FAILED], stop_requested_at=None, ended_at=None
    )
    marked = runs.update(failure=reason, stop_requested_at=timezone.now())
    metrics.after_commit(metrics.STOPS, "failed", marked)
    return bool(marked)


def carry_out(run_id: UUID) -> None:
    """What follows the mark: end the tree, and conclude it from its leaves up where nothing runs any more."""
    for pk in reversed(begin(run_id)):
        crash_point("carry_out.before_conclude")
        hints.send().conclude(pk)

"""Ends a run and everything below it from outside, in four commits (decision D10, design 3.4).

(1) the root and all its descendants are marked; (2) what nobody holds is closed, meeting a concurrent claim on the same
row lock; (3) descendants are looked up until no new one appears; (4) only then are the running ones counted and
interrupted. Each commit may be repeated: a stop that was cut off is finished by the sweep."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

import credits.services
from executions import hints
from executions.database import repeated, write
from executions.models import GraphExecution, NodeExecution
from executions.querysets import NodeExecutionQuerySet
from executions.states import Status

STOPPED = "Stopped before it started."


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
    with write():
        runs = GraphExecution.objects.filter(pk__in=list(run_ids), stop_requested_at=None).alive()
        return runs.update(stop_requested_at=timezone.now())


@repeated
def close(run_ids: Iterable[UUID]) -> int:
    """Second commit: what is queued, waits or is under review ends here, FAILED where the run has failed."""
    closed = 0
    with write():
        for run in GraphExecution.objects.filter(pk__in=list(run_ids)).only("pk", "failure"):
            nodes = NodeExecution.objects.filter(run_id=run.pk).closable()
            status = Status.TERMINATED if run.failure is None else Status.FAILED
            closed += end_unheld(nodes, status, run.failure or STOPPED)
    return closed


def end_unheld(nodes: NodeExecutionQuerySet, status: Status, reason: str) -> int:
    """End executions that nobody holds, and give back what was paid for blocks that were never entered (D2).

    The executions are locked first and the balance last, in the order in which a claim takes them."""
    paid = list(nodes.select_for_update().filter(cost__gt=0, entered=False).values_list("pk", flat=True))
    closed = nodes.close(status, timezone.now(), stats={"error": reason})
    for pk in paid:
        credits.services.give_back(node_execution_id=pk, kind="run", reason="The block was never started.")
    NodeExecution.objects.filter(pk__in=paid).update(cost=0)
    return closed


def begin(run_id: UUID) -> list[UUID]:
    """Commits one to three, then the interruption; the ids of the tree."""
    tree: list[UUID] = []
    while (now := tree_of(run_id)) != tree:
        tree = now
        mark(tree)
        close(tree)
    interrupt(tree)
    return tree


def interrupt(run_ids: Iterable[UUID], *, kill: bool = False) -> int:
    """Fourth commit's question: who is running? They are told to end; the number of them."""
    running = list(NodeExecution.objects.of_runs(run_ids).running().only("pk", "dispatch", "holder"))
    if running:
        hints.send().interrupt(running, kill=kill)
    return len(running)


@repeated
def abandon(run_ids: Iterable[UUID]) -> int:
    """A block that outlived its grace period is fenced: its execution ends, its later writes change nothing."""
    ended = 0
    with write():
        for one in NodeExecution.objects.of_runs(run_ids).running():
            held = NodeExecution.objects.held(one.pk, one.claim_token) if one.claim_token else None
            if held is not None:
                stats = one.stats | {"error": f"abandoned: still running on worker {one.holder}"}
                ended += held.close(Status.TERMINATED, timezone.now(), stats=stats)
    return ended


def after_grace(run_id: UUID, requested: datetime | None, now: datetime) -> None:
    """Kill what still runs after PETIOLE_STOP_GRACE, and fence it a second later."""
    if requested is None or now < requested + timedelta(seconds=settings.STOP_GRACE):
        return
    tree = tree_of(run_id)
    if interrupt(tree, kill=True) and now >= requested + timedelta(seconds=settings.STOP_GRACE + 1):
        abandon(tree)


@repeated
def fail(run_id: UUID, reason: str) -> None:
    """End a run as FAILED (a refused charge, a limit): running nodes end TERMINATED, queued ones FAILED."""
    with write():
        GraphExecution.objects.filter(pk=run_id, failure=None).alive().update(failure=reason)
    begin(run_id)

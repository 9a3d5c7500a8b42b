"""Takes a queued execution for this attempt: one compare-and-set that also books the charge (design 3, step 1)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

import credits.services
from credits.errors import InsufficientBalance
from executions import metrics
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine.work import Work
from executions.models import GraphExecution, NodeExecution
from executions.states import FINAL, Status
from notifications import services as notifications


class Refusal(Enum):
    """Why a claim was not given, told apart because each is answered differently."""

    HELD = auto()  # a live attempt has it
    FINAL = auto()  # it has ended
    STALE = auto()  # queued again under another number, whose message has the place in the chord
    LATER = auto()  # stopped or paused
    UNPAID = auto()  # the balance does not cover the price


@dataclass(frozen=True)
class Holder:
    """Who asks for a claim. `name`: the process, for people and for interruptions; `worker`: the id of its row."""

    name: str
    worker: UUID | None = None


def claim(work: Work, dispatch: int, holder: Holder, *, in_chord: bool = False) -> Refusal | None:
    """None: this attempt holds the execution, and only it may write to it from now on.

    `in_chord`: the message that asks for it is a member of the run's chord."""
    now = timezone.now()
    token, price, execution = uuid4(), work.price, work.execution
    changes = {
        "claim_token": token,
        "holder": holder.name,
        "worker_id": holder.worker,
        "claimed_at": now,
        "in_chord": in_chord,
        "attempt": execution.attempt + 1,
        "start_time": execution.start_time or now,
        "cost": price or execution.cost,
    }
    execution.claim_token = token  # from here on an error may have come after the commit
    try:
        if not _take(work, dispatch, price, changes) and not _was_taken(execution, token):
            execution.claim_token = None
            return _reason(execution.pk, dispatch, in_chord=in_chord)
    except InsufficientBalance:
        execution.claim_token = None
        return Refusal.UNPAID
    for name, value in changes.items():
        setattr(execution, name, value)
    execution.status = Status.RUNNING
    _count_wait(work)
    return None


@repeated
def _take(work: Work, dispatch: int, price: int, changes: dict[str, Any]) -> bool:
    execution, facts = work.execution, work.facts
    own, root = GraphExecution.objects.all().claimable(facts.id, facts.root_id)
    claimable = NodeExecution.objects.filter(pk=execution.pk, status=Status.QUEUED, dispatch=dispatch).filter(own, root)
    crash_point("claim.begun")
    if not price or not credits.services.enabled():
        taken = bool(claimable.update(status=Status.RUNNING, has_place=False, **changes))
        crash_point("claim.taken_free")
        return taken
    with write():
        if not claimable.update(status=Status.RUNNING, has_place=False, **changes):
            return False
        crash_point("claim.before_charge")
        _pay(work, price)
        crash_point("claim.before_commit")
    crash_point("claim.after_commit")
    return True


def _count_wait(work: Work) -> None:
    execution, now = work.execution, timezone.now()
    if execution.queue_time is not None:
        metrics.observe(metrics.QUEUE_SECONDS, work.spec.workload.value, (now - execution.queue_time).total_seconds())
    lost = execution.stats.get("lost")
    if lost and lost["attempt"] == execution.attempt - 1:  # the attempt before this one
        since = datetime.fromisoformat(lost["since"])
        metrics.observe(metrics.RECOVERY_SECONDS, lost["reason"], (now - since).total_seconds())


@repeated
def _was_taken(execution: NodeExecution, token: UUID) -> bool:
    """The claim was committed, and its answer lost with the connection."""
    return NodeExecution.objects.held(execution.pk, token).exists()


def _pay(work: Work, price: int) -> None:
    facts, execution = work.facts, work.execution
    charge = credits.services.charge(
        user_id=facts.user_id,
        node_execution_id=execution.pk,
        kind="run",
        amount=price,
        metadata={
            "graph_exec_id": str(facts.id),
            "graph_id": str(facts.plan.graph_id),
            "node_id": str(work.node.id),
            "node_exec_id": str(execution.pk),
            "block_id": work.spec.id,
            "block": work.spec.name,
            "input": dict(work.tariff.filter) if work.tariff else {},
            "reason": f"Ran {work.spec.name}",
        },
    )
    crash_point("charge.booked")
    if charge.charged:
        metrics.after_commit(metrics.CHARGES, "run")
        metrics.after_commit(metrics.CREDITS, "run", charge.charged)
    if charge.crossed_low:
        notifications.record(
            facts.user_id, "LOW_BALANCE", {"current_balance": charge.balance}, key=f"low:{execution.pk}"
        )


@repeated
def _reason(execution_id: UUID, dispatch: int, *, in_chord: bool) -> Refusal:
    found = NodeExecution.objects.filter(pk=execution_id).values_list("status", "dispatch", "in_chord").first()
    status, current, held_by_member = found or (None, dispatch, False)
    if current != dispatch:
        return Refusal.STALE
    if status == Status.RUNNING:
        # a member whose execution is held by a copy outside the chord fills its place by returning
        return Refusal.HELD if held_by_member or not in_chord else Refusal.LATER
    return Refusal.FINAL if status in FINAL else Refusal.LATER

"""Takes a queued execution for this attempt: one compare-and-set that also books the charge (design 3, step 1)."""

from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

import credits.services
from credits.errors import InsufficientBalance
from executions.database import repeated, write
from executions.engine.work import Work
from executions.models import GraphExecution, NodeExecution
from executions.states import FINAL, Status
from notifications import services as notifications


class Refusal(Enum):
    """Why a claim was not given, told apart because each is answered differently."""

    HELD = auto()  # a live attempt has it
    FINAL = auto()  # it has ended
    LATER = auto()  # stopped, paused, or queued again under another number
    UNPAID = auto()  # the balance does not cover the price


def claim(work: Work, dispatch: int, holder: str, *, in_chord: bool = False) -> Refusal | None:
    """None: this attempt holds the execution, and only it may write to it from now on.

    `in_chord`: the message that asks for it is a member of the run's chord."""
    token, price, execution = uuid4(), work.price, work.execution
    changes = {
        "claim_token": token,
        "holder": holder,
        "in_chord": in_chord,
        "attempt": execution.attempt + 1,
        "start_time": execution.start_time or timezone.now(),
        "cost": price or execution.cost,
    }
    execution.claim_token = token  # from here on an error may have come after the commit
    try:
        if not _take(work, dispatch, price, changes) and not _was_taken(execution, token):
            execution.claim_token = None
            return _reason(execution.pk, in_chord=in_chord)
    except InsufficientBalance:
        execution.claim_token = None
        return Refusal.UNPAID
    for name, value in changes.items():
        setattr(execution, name, value)
    execution.status = Status.RUNNING
    return None


@repeated
def _take(work: Work, dispatch: int, price: int, changes: dict[str, Any]) -> bool:
    execution, facts = work.execution, work.facts
    own, root = GraphExecution.objects.all().claimable(facts.id, facts.root_id)
    claimable = NodeExecution.objects.filter(pk=execution.pk, status=Status.QUEUED, dispatch=dispatch).filter(own, root)
    if not price or not credits.services.enabled():
        return bool(claimable.update(status=Status.RUNNING, has_place=False, **changes))
    with write():
        if not claimable.update(status=Status.RUNNING, has_place=False, **changes):
            return False
        _pay(work, price)
    return True


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
    if charge.crossed_low:
        notifications.record(
            facts.user_id, "LOW_BALANCE", {"current_balance": charge.balance}, key=f"low:{execution.pk}"
        )


@repeated
def _reason(execution_id: UUID, *, in_chord: bool) -> Refusal:
    found = NodeExecution.objects.filter(pk=execution_id).values_list("status", "in_chord").first()
    status, held_by_member = found or (None, False)
    if status == Status.RUNNING:
        # a member whose execution is held by a copy outside the chord fills its place by returning
        return Refusal.HELD if held_by_member or not in_chord else Refusal.LATER
    return Refusal.FINAL if status in FINAL else Refusal.LATER

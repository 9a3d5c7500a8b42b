"""Takes a queued execution for this attempt: one compare-and-set that also books the charge (design 3, step 1)."""

from enum import Enum, auto
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


@repeated
def claim(work: Work, dispatch: int, holder: str) -> Refusal | None:
    """None: this attempt holds the execution, and only it may write to it from now on."""
    token, price = uuid4(), work.price
    try:
        taken = _take(work, dispatch, holder, token, price)
    except InsufficientBalance:
        return Refusal.UNPAID
    if not taken:
        return _reason(work.execution.pk)
    execution = work.execution
    execution.claim_token, execution.holder, execution.status = token, holder, Status.RUNNING
    execution.attempt += 1
    execution.cost = price or execution.cost
    return None


def _take(work: Work, dispatch: int, holder: str, token: UUID, price: int) -> bool:
    execution, facts = work.execution, work.facts
    own, root = GraphExecution.objects.all().claimable(facts.id, facts.root_id)
    now = timezone.now()
    claimable = NodeExecution.objects.filter(pk=execution.pk, status=Status.QUEUED, dispatch=dispatch).filter(own, root)
    execution.start_time = execution.start_time or now
    changes = {
        "status": Status.RUNNING,
        "claim_token": token,
        "holder": holder,
        "attempt": execution.attempt + 1,
        "start_time": execution.start_time,
        "cost": price or execution.cost,
        "has_place": False,
    }
    if not price or not credits.services.enabled():
        return bool(claimable.update(**changes))
    with write():
        if not claimable.update(**changes):
            return False
        _pay(work, price)
    return True


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


def _reason(execution_id: UUID) -> Refusal:
    status = NodeExecution.objects.filter(pk=execution_id).values_list("status", flat=True).first()
    if status == Status.RUNNING:
        return Refusal.HELD
    return Refusal.FINAL if status in FINAL else Refusal.LATER

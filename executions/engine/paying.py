"""What an execution costs, booked in the transactions of its claim and of its end (spec 4.3, D2).

A price for a run is taken with the claim. What is measured (seconds in the block, bytes in and out) is taken with the
last commit; what the balance does not cover is owed, and the next credits pay it. The balance is the last lock."""

import json
from typing import Any, Final
from uuid import UUID

import credits.services
from blocks.sdk import CostType
from credits.services import Charge
from executions import metrics
from executions.crashpoints import crash_point
from executions.engine import budget
from executions.engine.outbox import Outbox
from executions.engine.work import Work
from executions.models import NodeExecution
from notifications import services as notifications

MEASURED: Final = (CostType.SECOND, CostType.BYTE)


def pay(work: Work) -> None:
    """The charge of a claim, in its transaction. Raises InsufficientBalance and OverBudget."""
    if work.tariff is not None and work.tariff.cost.type in MEASURED:
        budget.ask(work.facts, work.spec.name)
    if not (price := work.due):
        return
    budget.reserve(work.facts, price, work.spec.name)
    charge = credits.services.charge(
        user_id=work.facts.user_id,
        node_execution_id=work.execution.pk,
        kind="run",
        amount=price,
        metadata=_metadata(work, f"Ran {work.spec.name}"),
    )
    crash_point("charge.booked")
    NodeExecution.objects.filter(pk=work.execution.pk).update(cost=price)
    work.execution.cost = price
    crash_point("claim.priced")
    _tell(work, "run", charge)


def give_back(work: Work) -> None:
    """The price of a block that was never entered, in the commit that ends the execution."""
    if not work.execution.cost:
        return
    budget.give_back(work.facts.id, work.execution.cost)
    credits.services.give_back(node_execution_id=work.execution.pk, kind="run", reason="The block was never started.")
    crash_point("never_entered.booked")
    NodeExecution.objects.filter(pk=work.execution.pk).update(cost=0)


def settle(work: Work, outbox: Outbox, walltime: float) -> dict[str, Any]:
    """The columns of an execution that has ended, with what its measured price comes to; once, in its last commit.

    `walltime`: seconds in the block, all attempts."""
    tariff, execution = work.tariff, work.execution
    if tariff is None or tariff.cost.type not in MEASURED or not walltime or execution.measured is not None:
        return {}
    kind = tariff.cost.type.value
    size = len(json.dumps(work.data, default=str)) + outbox.size
    amount = tariff.cost.measured(seconds=walltime, size=size)
    budget.add(work.facts, amount)
    reason = f"Ran {work.spec.name}: {walltime:.3f} seconds, {size} bytes"
    charge = credits.services.settle(
        user_id=work.facts.user_id,
        node_execution_id=execution.pk,
        kind=kind,
        amount=amount,
        metadata=_metadata(work, reason),
    )
    crash_point("settle.booked")
    _tell(work, kind, charge)
    return {"measured": amount, "cost": execution.cost + amount}


def _tell(work: Work, kind: str, charge: Charge) -> None:
    if charge.charged:
        metrics.after_commit(metrics.CHARGES, kind)
        metrics.after_commit(metrics.CREDITS, kind, charge.charged)
    if charge.crossed_low:
        key = f"low:{work.execution.pk}" if kind == "run" else f"low:{work.execution.pk}:{kind}"
        notifications.record(work.facts.user_id, "LOW_BALANCE", {"current_balance": charge.balance}, key=key)


def _metadata(work: Work, reason: str) -> dict[str, Any]:
    facts, tariff = work.facts, work.tariff
    set_here: UUID | None = None if tariff is None else tariff.override
    return {
        "graph_exec_id": str(facts.id),
        "graph_id": str(facts.plan.graph_id),
        "node_id": str(work.node.id),
        "node_exec_id": str(work.execution.pk),
        "block_id": work.spec.id,
        "block": work.spec.name,
        "input": {} if tariff is None else dict(tariff.cost.filter),
        "reason": reason,
        **({} if set_here is None else {"price_id": str(set_here)}),
    }

"""What follows a claim that was refused for money: the execution and its run end FAILED (spec 4.4)."""

from functools import partial

from django.utils import timezone

import credits.services
from credits.errors import InsufficientBalance
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import stop
from executions.engine.work import Work
from executions.errors import OverBudget
from executions.models import NodeExecution, NodeOutput
from executions.states import Status
from notifications import services as notifications


def fail_unpaid(work: Work, refusal: InsufficientBalance | OverBudget) -> None:
    """A balance that is too low ends the run that needs more; a budget that is used up ends the whole tree."""
    facts = work.facts
    if isinstance(refusal, OverBudget):
        if _record(work, str(refusal), refusal):
            crash_point("unpaid.over_budget")
            stop.carry_out(facts.root_id)
        return
    message = (
        f"Insufficient balance: this run needs {refusal.amount} credits for {work.spec.name}, "
        f"the balance is {refusal.balance}."
    )
    if _record(work, message, refusal):
        crash_point("unpaid.after_commit")
        stop.carry_out(facts.id)


@repeated
def _record(work: Work, message: str, refusal: InsufficientBalance | OverBudget) -> bool:
    """The execution's end, the mark of its run and the user's notice in one transaction; False when another attempt
    was faster."""
    execution, facts = work.execution, work.facts
    with write():
        queued = NodeExecution.objects.filter(pk=execution.pk, status=Status.QUEUED, dispatch=execution.dispatch)
        if not queued.close(Status.FAILED, timezone.now(), stats=execution.stats | {"error": message}):
            return False
        crash_point("unpaid.closed")
        number = NodeOutput.objects.filter(node_execution_id=execution.pk, epoch=execution.epoch).count()
        NodeOutput.objects.create(
            node_execution_id=execution.pk,
            epoch=execution.epoch,
            sequence=number,
            pin="error",
            data=message,
            size=len(message) + 2,
        )
        mark = partial(stop.mark_failed, reason=message)
        if isinstance(refusal, OverBudget):
            marked = [mark(run_id) for run_id in dict.fromkeys([facts.id, facts.root_id])]
        else:
            _tell(work, refusal)
            marked = [mark(facts.id)]
        crash_point("unpaid.before_commit")
    return any(marked)


def _tell(work: Work, refusal: InsufficientBalance) -> None:
    """Once per user and graph, until credits arrive."""
    facts = work.facts
    if credits.services.note_shortfall(facts.user_id, facts.plan.graph_id):
        notice = {
            "current_balance": refusal.balance,
            "shortfall": refusal.shortfall,
            "agent_name": facts.plan.name,
        }
        notifications.record(facts.user_id, "ZERO_BALANCE", notice)

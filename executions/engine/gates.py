"""What a person has decided about a node execution, as its attempt finds it (spec 3.8)."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from blocks.sdk import BlockSpec, Decision
from executions.facts import RunFacts
from executions.models import NodeExecution, Review, StandingApproval
from executions.states import Verdict


@dataclass(frozen=True)
class Gate:
    """`asks`: a person has to look at the input before the block is called; `refusal`: one did, and said no;
    `data`: what became of the input; `decision`: the answer to what the block itself has asked."""

    decision: Decision | None = None
    asks: bool = False
    refusal: str | None = None
    data: dict[str, Any] | None = None


OPEN: Final = Gate()


def gate_of(execution: NodeExecution, facts: RunFacts, spec: BlockSpec) -> Gate:
    """Costs no query where nobody was asked and nobody needs to be."""
    last = None if execution.review_id is None else Review.objects.get(pk=execution.review_id)
    own = None if last is None or last.sensitive else last
    decision = None if own is None else Decision(own.status == Verdict.APPROVED, own.decided_data, own.message)
    if not spec.sensitive_action or not facts.context.get("sensitive_action_safe_mode", False):
        return OPEN if decision is None else Gate(decision)
    before = last if own is None else _before(own)
    if before is None:
        return Gate(decision, asks=not approved_for_good(facts.id, execution.node_id))
    if before.status == Verdict.REJECTED:
        return Gate(refusal=f"The action was rejected by the reviewer{_quoted(before.message)}")
    return Gate(decision, data=before.decided_data)


def approved_for_good(run_id: UUID, node_id: UUID) -> bool:
    """A reviewer has approved whatever this node asks for the rest of the run."""
    return StandingApproval.objects.filter(run_id=run_id, node_id=node_id).exists()


def _before(own: Review) -> Review | None:
    """The question about the input that the block's own question came after."""
    earlier = Review.objects.filter(node_execution_id=own.node_execution_id, sensitive=True, number__lt=own.number)
    return earlier.order_by("-number").first()


def _quoted(message: str | None) -> str:
    return f": {message}" if message else "."

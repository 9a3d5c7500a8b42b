"""The account of a run that needs nobody's help: how it ended, how long it took, what it cost, what failed where."""

from collections.abc import Mapping
from typing import Any, Final

from executions.models import GraphExecution, NodeExecution
from executions.moderation.hiding import hides_outputs
from executions.states import Status
from executions.wording import duration, name_of

NAMED: Final = 3
LONGEST: Final = 160


def sentence(run: GraphExecution, status: str, stats: Mapping[str, Any]) -> str:
    number, cost = stats["node_exec_count"], stats["cost"]
    steps = "1 step" if number == 1 else f"{number} steps"
    price = f", for {cost} credits" if cost > 1 else ", for 1 credit" if cost else ""
    took = duration(stats["duration"])
    if status == Status.COMPLETED:
        told = f"Completed {steps} in {took}{price}."
    elif status == Status.TERMINATED:
        told = f"Was stopped after {steps} and {took}{price}."
    else:
        told = f"Failed after {steps} and {took}{price}: {line(run.failure)}"
    return f"{told}{_failures(run, stats['node_error_count'])}"


def _failures(run: GraphExecution, number: int) -> str:
    if not number:
        return ""
    failed = NodeExecution.objects.filter(run_id=run.pk, status=Status.FAILED).select_related("node").order_by("pk")
    # what a block says of its failure quotes what it was given
    hidden = hides_outputs(run)
    places = [_place(one, hidden=hidden) for one in failed[:NAMED]]
    more = number - len(places)
    rest = f"; and {more} more" if more > 0 else ""
    return f" {number} failed: {'; '.join(places)}{rest}."


def _place(one: NodeExecution, *, hidden: bool) -> str:
    name = name_of(one.node.block_id, one.node.metadata)
    return name if hidden else f"{name} ({line(one.stats.get('error'))})"


def line(text: object) -> str:
    """The beginning of the first line."""
    first = str(text or "no reason was given").strip().partition("\n")[0]
    return first if len(first) <= LONGEST else f"{first[: LONGEST - 1]}…"

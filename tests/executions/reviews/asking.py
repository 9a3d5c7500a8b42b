"""What tests about reviews ask again and again."""

from typing import Any

from blocks.library.human_in_the_loop import HumanInTheLoopBlock
from blocks.library.print_to_console import PrintToConsoleBlock
from executions.models import GraphExecution, NodeExecution, Review
from executions.states import Status
from tests.executions.driver import Driver
from tests.graphs_for_tests import Build, Built

ASK, PRINT = HumanInTheLoopBlock.id, PrintToConsoleBlock.id


def gated(build: Build, *, editable: bool = True, data: Any = None) -> Built:
    """A person between two nodes, and a third one that has nothing to do with it."""
    asks = (ASK, {"name": "look at it", "editable": editable, "data": data or {"a": 1}})
    return build(
        {"h": asks, "yes": "Echo", "no": "Echo", "said": "Echo", "other": ("Echo", {"x": "free"})},
        "h.approved_data -> yes.x",
        "h.rejected_data -> no.x",
        "h.review_message -> said.x",
    )


def until_asked(drive: Driver, run: GraphExecution) -> list[Review]:
    """Carry messages until nothing moves any more without a person."""
    while drive.messages:
        drive.step()
    run.refresh_from_db()
    return list(Review.objects.of_run(run.pk).waiting().order_by("created_at"))


def in_review(run: GraphExecution) -> int:
    return NodeExecution.objects.filter(run=run, status=Status.REVIEW).count()

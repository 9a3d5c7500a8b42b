"""What tests about runs ask again and again."""

from typing import Any

import credits.services
from accounts.models import User
from executions.engine.claim import Ask, Holder, claim
from executions.engine.work import Work
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from tests.graphs_for_tests import Built
from tests.stack import eventually

TEST_BLOCKS = {
    name: f"f0000000-0000-4000-8000-{number:012}"
    for number, name in enumerate(
        ["Forever", "Patient", "Asleep", "Deaf", "Flaky", "Count", "Big", "Once", "Who", "Doomed", "Quitter", "Stone"],
        start=1,
    )
}


def end_of(run: GraphExecution, *, within: float = 30) -> GraphExecution:
    """The run when it has ended; when it does not, what it is doing."""

    def ended() -> bool:
        run.refresh_from_db()
        return run.is_final

    try:
        eventually(ended, within=within)
    except AssertionError as late:
        nodes = NodeExecution.objects.filter(run__root=run.root_id)
        rows = nodes.values_list("node__block_id", "status", "waits_for", "holder", "dispatch", "publishes", "stats")
        raise AssertionError("\n".join([str(late), *map(str, rows)])) from late
    return run


def values(built: Built, run: GraphExecution, key: str, pin: str = "out") -> list[Any]:
    """Everything the executions of a node put out on a pin."""
    return [output.data for one in built.of(run, key) for output in one.outputs.filter(pin=pin).order_by("sequence")]


def statuses(built: Built, run: GraphExecution, key: str) -> list[str]:
    return [one.status for one in built.of(run, key)]


def runs_now(built: Built, run: GraphExecution, key: str) -> bool:
    """The node's block has been entered: it has put something out."""
    return any(one.status == Status.RUNNING and one.outputs.exists() for one in built.of(run, key))


def taken(node: NodeExecution) -> Work:
    """Claimed by an attempt of which nothing more is heard."""
    work = claim(Ask(node.pk, node.dispatch, Holder("a worker that dies")))
    assert isinstance(work, Work)
    return work


def afford(user: User, amount: int) -> None:
    """The user has so many credits."""
    if change := amount - credits.services.balance(user.pk):
        credits.services.grant(user.pk, change, reason="test")

"""How an execution begins: waiting for the parent to hear of it, queued, or skipped."""

from typing import Final

from blocks import registry
from blocks.sdk import BlockType
from executions import metrics
from executions.engine.clock import Stamps
from executions.facts import RunFacts
from executions.models import NodeExecution
from executions.states import Status
from graphs.plan import PlanNode

SKIPPED: Final = "Skipped: its optional credentials were not given."


def relays(facts: RunFacts, node: PlanNode) -> bool:
    """Is this an output of a child run, which the parent's node hands on?"""
    spec = registry.get(node.block_id)
    return facts.parent_node_execution_id is not None and spec is not None and spec.block_type is BlockType.OUTPUT


def queue(facts: RunFacts, execution: NodeExecution, stamps: Stamps) -> None:
    """Make a ready execution (not yet written) QUEUED, or end it at once when its node is skipped (D8, V16)."""
    at = stamps.now
    if execution.node_id in facts.skip:
        execution.status, execution.end_time, execution.stats = Status.TERMINATED, at, {"error": SKIPPED}
        metrics.after_commit(metrics.NODES, Status.TERMINATED.value)
        return
    execution.status, execution.dispatch, execution.queue_time = Status.QUEUED, 1, at
    execution.published_at, execution.publishes = at, 1

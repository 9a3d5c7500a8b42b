"""What never changes about a run, kept in each process so that a node need not read it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from executions.models import GraphExecution
from executions.statements import read_run
from graphs.plan import Plan
from graphs.plans import plan_of


@dataclass(frozen=True)
class RunFacts:
    """A run as its nodes see it."""

    id: UUID
    root_id: UUID
    parent_id: UUID | None
    parent_node_execution_id: UUID | None
    user_id: UUID
    version_id: UUID
    depth: int
    masks: Mapping[UUID, Mapping[str, Any]]
    skip: frozenset[UUID]
    context: Mapping[str, Any]
    max_cost: int | None = None

    @property
    def plan(self) -> Plan:
        return plan_of(self.version_id)


@lru_cache(maxsize=1024)
def facts_of(run_id: UUID) -> RunFacts:
    """Raises GraphExecution.DoesNotExist; what does not exist is not remembered."""
    run = read_run(run_id)
    if run is None:
        raise GraphExecution.DoesNotExist(f"there is no run {run_id}")
    return RunFacts(
        id=run.pk,
        root_id=run.root_id,
        parent_id=run.parent_id,
        parent_node_execution_id=run.parent_node_execution_id,
        user_id=run.user_id,
        version_id=run.graph_version_id,
        depth=run.depth,
        masks={UUID(node): mask for node, mask in run.nodes_input_masks.items()},
        skip=frozenset(map(UUID, run.nodes_to_skip)),
        context=run.context,
        max_cost=run.max_cost,
    )

"""What came of a run, or why it was refused, in words and as JSON."""

import json
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from executions import detail
from executions.console.targets import all_nodes
from executions.errors import ExecutionError
from executions.models import GraphExecution, NodeExecution
from executions.states import Status
from executions.wording import duration, name_of
from graphs.errors import GraphError, GraphValidationError
from graphs.models import GraphVersion

STOPPED: Final = 3
EXITS: Final[dict[str, int]] = {Status.COMPLETED: 0, Status.FAILED: 1, Status.TERMINATED: STOPPED}
SHOWN: Final = 10


def as_json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)


def result(run: GraphExecution) -> Iterator[str]:
    """The lines below the progress: the outputs last, as JSON."""
    stats = run.stats or {}
    took = duration((run.ended_at - run.created_at).total_seconds()) if run.ended_at else "-"
    yield f"{run.status} after {took}: {stats.get('node_exec_count', 0)} nodes executed, cost {stats.get('cost', 0)}"
    if run.failure:
        yield f"  {run.failure}"
    yield from _failed(run)
    yield from _unmet(run)
    yield "Outputs:"
    yield as_json(detail.outputs(run))


def _failed(run: GraphExecution) -> Iterator[str]:
    failed = NodeExecution.objects.filter(run=run, status=Status.FAILED).select_related("node").order_by("pk")
    for one in failed[:SHOWN]:
        error = str(one.stats.get("error") or "").partition("\n")[0]
        yield f"  failed: {name_of(one.node.block_id, one.node.metadata)}: {error}"
    if (more := failed.count() - SHOWN) > 0:
        yield f"  and {more} more failed"


def _unmet(run: GraphExecution) -> Iterator[str]:
    """What waited is of interest where the run was not cut off."""
    unmet = [] if run.status == Status.TERMINATED else detail.unmet_inputs(run)
    nodes = all_nodes(run.graph_version) if unmet else {}
    for one in unmet[:SHOWN]:
        node = nodes[UUID(one["node_id"])]
        yield f"  still waited for {', '.join(one['missing'])}: {name_of(node.block_id, node.metadata)}"
    if len(unmet) > SHOWN:
        yield f"  and {len(unmet) - SHOWN} more still waited"


def refusal(wrong: GraphError | ExecutionError, version: GraphVersion) -> Iterator[str]:
    yield f"Refused: {wrong}"
    if isinstance(wrong, GraphValidationError):
        names = {str(pk): name_of(node.block_id, node.metadata) for pk, node in all_nodes(version).items()}
        for node_id, fields in wrong.node_errors.items():
            yield f"  {names.get(node_id, 'Node')} ({node_id})"
            yield from (f"    {field}: {message}" for field, message in fields.items())
    if wrong.hint:
        yield wrong.hint


def refusal_as_json(wrong: GraphError | ExecutionError) -> str:
    """The shape in which the API refuses."""
    return as_json({"message": str(wrong), "detail": getattr(wrong, "detail", str(wrong)), "hint": wrong.hint})

"""A run as people and programs read it (spec 2.11, 8.2, D6, D25, D29)."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from blocks import registry
from blocks.sdk import BlockType
from executions import values
from executions.engine.statistics import statistics
from executions.facts import RunFacts, facts_of
from executions.models import GraphExecution, NodeExecution, NodeOutput
from executions.moderation import MARKER
from executions.moderation.hiding import hides, hides_inputs, hides_outputs, masked
from executions.states import FINAL, Status
from executions.waiting import waiting_for
from graphs import inputs as graph_inputs

PAGE: Final = 1000
_QUOTING: Final = {"error", "last_error", "routing_errors", "conversion_warnings"}  # statistics that quote values


def summary(run: GraphExecution) -> dict[str, Any]:
    """The run without its nodes. Times are aware, cost is in credits, durations are in seconds."""
    return {
        "id": str(run.pk),
        "user_id": str(run.user_id),
        "graph_id": str(run.graph_version.graph_id),
        "graph_version": run.graph_version.version,
        "inputs": masked(run.inputs) if hides_inputs(run) else run.inputs,
        "credential_inputs": run.credentials_inputs,
        "nodes_input_masks": masked(run.nodes_input_masks) if hides_inputs(run) else run.nodes_input_masks,
        "preset_id": None if run.preset_id is None else str(run.preset_id),
        "parent_execution_id": None if run.parent_id is None else str(run.parent_id),
        "status": run.status,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "stop_requested_at": run.stop_requested_at,
        "paused_at": run.paused_at,
        "max_cost": run.max_cost,
        "retries": run.retries,
        "is_shared": False,
        "share_token": None,
        "stats": run.stats,
        "warnings": run.warnings,
    }


def detail(run: GraphExecution, *, after: UUID | None = None) -> dict[str, Any]:
    """The run with its outputs, a page of 1,000 node executions, the inputs that never came, and what it waits for."""
    nodes = NodeExecution.objects.filter(run_id=run.pk)
    page = nodes.filter(pk__gt=after) if after is not None else nodes
    return summary(run) | {
        "stats": run.stats or live_statistics(run),
        "outputs": outputs(run),
        "node_executions": node_results(run, page.order_by("pk")[:PAGE]),
        "node_executions_total": nodes.count(),
        "unmet_inputs": unmet_inputs(run) if run.status in FINAL else [],
        "waiting_for": [reason.as_json() for reason in waiting_for(run)],
    }


def live_statistics(run: GraphExecution) -> dict[str, Any] | None:
    """Until the run has ended its statistics are added up when they are asked for; None before it has begun."""
    return None if run.started_at is None else statistics(run, ended=run.ended_at or timezone.now()).as_json()


def outputs(run: GraphExecution) -> dict[str, list[Any]]:
    """Name → the raw values of the OUTPUT nodes that were ready, in the order of their arrival."""
    facts = facts_of(run.pk)
    kinds = {node.id: registry.get(node.block_id) for node in facts.plan.nodes.values()}
    wanted = [node_id for node_id, spec in kinds.items() if spec is not None and spec.block_type is BlockType.OUTPUT]
    ready = NodeExecution.objects.filter(run_id=run.pk, node_id__in=wanted).exclude(status=Status.INCOMPLETE)
    named: dict[str, list[Any]] = {}
    executions = list(ready.order_by("ordinal", "pk"))
    for one, data in zip(executions, _inputs(facts, executions), strict=True):
        if _was_queued(one):
            named.setdefault(str(data.get("name")), []).append(MARKER if hides_outputs(run) else data.get("value"))
    return named


def _was_queued(execution: NodeExecution) -> bool:
    """Skipped executions end without ever having been ready to run."""
    return execution.queue_time is not None


def _inputs(facts: RunFacts, executions: Iterable[NodeExecution]) -> list[dict[str, Any]]:
    """What each execution runs with; for one that still waits, what it has received."""
    many = list(executions)
    received = values.received_of(many)
    return [input_of(facts, one, received[one.pk]) for one in many]


def input_of(facts: RunFacts, execution: NodeExecution, received: dict[str, Any]) -> dict[str, Any]:
    """What the block is given: constants, what was received, masks, converted."""
    node = facts.plan.nodes[execution.node_id]
    spec = registry.get(node.block_id)
    if execution.status == Status.INCOMPLETE or spec is None:
        return received
    return graph_inputs.prepare(node, spec, received, facts.masks.get(node.id)).data


def node_results(run: GraphExecution, executions: Iterable[NodeExecution]) -> list[dict[str, Any]]:
    """Node executions with what went in and came out, pin by pin."""
    many = list(executions)
    facts = facts_of(run.pk)
    emitted = _emitted([one.pk for one in many])
    results = [
        _result(facts, one, data, emitted.get(one.pk, {})) for one, data in zip(many, _inputs(facts, many), strict=True)
    ]
    return [_hidden(result) for result in results] if hides(run) else results


def _hidden(result: dict[str, Any]) -> dict[str, Any]:
    """What moderation hides is hidden wherever it went: outputs, inputs that were outputs, errors that quote them."""
    return result | {
        "input_data": masked(result["input_data"]),
        "output_data": masked(result["output_data"]),
        "stats": _hidden_statistics(result["stats"]),
    }


def _hidden_statistics(stats: dict[str, Any]) -> dict[str, Any]:
    return {name: MARKER if name in _QUOTING and value else value for name, value in stats.items()}


def hidden_statistics(execution: NodeExecution) -> dict[str, Any]:
    return _hidden_statistics(node_statistics(execution))


def _emitted(execution_ids: list[UUID]) -> dict[UUID, dict[str, list[Any]]]:
    emitted: dict[UUID, dict[str, list[Any]]] = {}
    rows = NodeOutput.objects.filter(node_execution__in=execution_ids)
    for row in rows.order_by("node_execution_id", "epoch", "sequence"):
        emitted.setdefault(row.node_execution_id, {}).setdefault(row.pin, []).append(values.content(row))
    return emitted


def _result(
    facts: RunFacts, execution: NodeExecution, data: dict[str, Any], emitted: dict[str, list[Any]]
) -> dict[str, Any]:
    return {
        "user_id": str(facts.user_id),
        "graph_id": str(facts.plan.graph_id),
        "graph_version": facts.plan.version,
        "graph_exec_id": str(facts.id),
        "node_exec_id": str(execution.pk),
        "node_id": str(execution.node_id),
        "block_id": facts.plan.nodes[execution.node_id].block_id,
        "status": execution.status,
        "input_data": data,
        "output_data": emitted,
        "add_time": execution.add_time,
        "queue_time": execution.queue_time,
        "start_time": execution.start_time,
        "end_time": execution.end_time,
        "waits_for": execution.waits_for,
        "wakes_at": execution.wakes_at if execution.waiting else None,
        "caller": None if execution.caller_id is None else str(execution.caller_id),
        "stats": node_statistics(execution),
    }


def node_statistics(execution: NodeExecution) -> dict[str, Any]:
    """Spec 3.10: seconds, bytes of JSON, credits."""
    return {
        "error": None,
        "walltime": execution.walltime,
        "cputime": execution.cputime,
        "cost": execution.cost,
        "extra_cost": execution.extra_cost,
        "extra_steps": execution.extra_steps,
        "attempts": execution.attempt,
        **execution.stats,
    }


def unmet_inputs(run: GraphExecution) -> list[dict[str, Any]]:
    """Executions that waited for a value until the end, and for which pins (D6); the first 1,000."""
    facts = facts_of(run.pk)
    waiting = list(NodeExecution.objects.filter(run_id=run.pk).incomplete().order_by("pk")[:PAGE])
    received = values.received_of(waiting)
    return [
        {
            "node_id": str(one.node_id),
            "node_exec_id": str(one.pk),
            "missing": missing_of(facts, one, received[one.pk]),
        }
        for one in waiting
    ]


def missing_of(facts: RunFacts, execution: NodeExecution, received: dict[str, Any]) -> list[str]:
    """Pins that an execution waits for."""
    node = facts.plan.nodes[execution.node_id]
    mask = facts.masks.get(node.id, {})
    absent = [pin for pin in node.pins - node.late if pin not in received and pin not in mask]
    spec = registry.get(node.block_id)
    data = {**node.constants, **received, **mask}
    if spec is not None:
        absent += graph_inputs.awaited(node, spec, data)
    required = [] if spec is None else [pin.name for pin in spec.inputs.values() if pin.required]
    return sorted({*absent, *(name for name in required if name in data and data[name] is None)})

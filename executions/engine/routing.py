"""Carries emitted values along the links of their node (spec 2.3, 2.4)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from blocks import registry
from blocks.sdk.values import to_json
from executions.crashpoints import crash_point
from executions.engine.birth import queue, relays
from executions.engine.clock import Stamps
from executions.engine.pairing import meetings_of
from executions.facts import RunFacts, facts_of
from executions.models import NodeExecution, NodeOutput
from executions.statements import insert_rows
from executions.states import Status
from executions.values import Delivery, Emitted
from graphs import inputs as graph_inputs
from graphs import pins
from graphs.plan import PlanLink, PlanNode


@dataclass
class Routed:
    """What routing one batch made: executions that may be published now, and links that failed (D21)."""

    ready: list[NodeExecution] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def route(facts: RunFacts, node: PlanNode, emitted: Iterable[tuple[Emitted, NodeOutput]]) -> Routed:
    """Deliver a batch in the order of emission, each value in the order of the links. Needs a transaction."""
    routed = Routed()
    deliveries = list(_selected(node, emitted, routed.errors))
    stamps = Stamps()
    met = meetings_of(
        facts, {link.sink_id for link, _, _ in deliveries if facts.plan.nodes[link.sink_id].paired}, stamps
    )
    crash_point("routing.locked")
    fresh: list[NodeExecution] = []
    for link, delivery, output in deliveries:
        meeting = met.get(link.sink_id)
        if meeting is not None:
            meeting.deliver(delivery, static=link.is_static)
        else:
            fresh.append(_alone(facts, link, delivery, output, stamps))
    crash_point("routing.paired")
    insert_rows(fresh)
    crash_point("routing.made")
    routed.ready += [execution for execution in fresh if execution.status == Status.QUEUED]
    for meeting in met.values():
        routed.ready += meeting.close()
    return routed


def _selected(
    node: PlanNode, emitted: Iterable[tuple[Emitted, NodeOutput]], errors: list[str]
) -> Iterable[tuple[PlanLink, Delivery, NodeOutput]]:
    for one, output in emitted:
        for link in node.outbound:
            try:
                value = pins.select(one.pin, one.value, link.source_name, str(link.sink_id), link.sink_name)
            except ValueError as wrong:
                errors.append(f"{link.source_name} → {link.sink_id}.{link.sink_name}: {wrong}")
                continue
            if value is None and one.pin != link.source_name:
                continue
            if value is one.value:
                yield link, Delivery.whole(link.sink_name, one, output), output
            else:
                yield link, Delivery.of(link.sink_name, to_json(value), output, link.source_name), output


def _alone(facts: RunFacts, link: PlanLink, delivery: Delivery, output: NodeOutput, stamps: Stamps) -> NodeExecution:
    """The execution that a value opens at a node where nothing is paired."""
    node = facts.plan.nodes[link.sink_id]
    execution = NodeExecution(
        run_id=facts.id, node_id=node.id, ordinal=output.pk, arrived=1, add_time=stamps.next(), **delivery.as_columns()
    )
    spec = registry.get(node.block_id)
    execution.relayed = not relays(facts, node)
    prepared = spec and graph_inputs.prepare(node, spec, {delivery.pin: delivery.value}, facts.masks.get(node.id))
    if prepared is not None and prepared.problem is None:
        queue(facts, execution, stamps)
    return execution


def unclaimed_successors(run_id: UUID, node_id: UUID, since: datetime) -> list[NodeExecution]:
    """What outputs of the node have made ready since then and nobody has claimed: its messages may be lost."""
    sinks = {link.sink_id for link in facts_of(run_id).plan.nodes[node_id].outbound}
    made = NodeExecution.objects.filter(run_id=run_id, node_id__in=sinks, queue_time__gte=since)
    return list(made.filter(status=Status.QUEUED, attempt=0, dispatch=1).select_related("run")[:100])

"""Pairs values at nodes with several inbound pins or a static link (spec 2.4, scenarios 5-27).

One `RunNode` row per such node is locked first, so that two values that arrive at once meet in one execution.
A value of pin p goes to the oldest INCOMPLETE execution without p. Those that have p are always older than those
that lack it, so the ordinal of p's last value divides them, and pairing costs the same whatever waits."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import transaction

from blocks import registry
from executions import values
from executions.crashpoints import crash_point
from executions.engine.birth import queue, relays
from executions.engine.clock import Stamps
from executions.facts import RunFacts
from executions.models import NodeExecution, NodeInput, RunNode
from executions.statements import arrive, insert_rows, lock_meetings
from executions.states import Status
from executions.values import Delivery
from graphs import inputs as graph_inputs
from graphs.plan import PlanNode


class _Apart(Exception):
    """Values of one call do not make one execution ready."""


class Meeting:
    """One locked meeting point during one transaction."""

    def __init__(self, facts: RunFacts, row: RunNode, stamps: Stamps) -> None:
        self.facts = facts
        self.row = row
        self.node: PlanNode = facts.plan.nodes[row.node_id]
        self.mask = facts.masks.get(row.node_id, {})
        self.stamps = stamps
        self.ready: list[NodeExecution] = []
        self._dirty = False

    def deliver(self, delivery: Delivery, *, static: bool) -> NodeExecution:
        """Store a value and queue whatever became ready by it; the execution that has got it."""
        execution = arrive(self.row.pk, delivery.pin) or self._open()
        value = NodeInput(
            run_node=self.row,
            ordinal=execution.ordinal,
            pin=delivery.pin,
            value=delivery.text,
            output_id=delivery.output_id,
            selector=delivery.selector,
        )
        insert_rows([value])
        crash_point("pairing.arrived")
        filled = self._queue_if_ready(execution, self._latest_static)
        if static and filled is not None:
            self._complete_others(execution, filled)
        return execution

    def deliver_together(self, deliveries: Sequence[Delivery]) -> NodeExecution | None:
        """Values that belong together make one execution ready, with what waits on other pins; or None, and nothing of
        them stays."""
        before = self.row.next_ordinal, self.row.last_queued, self._dirty, list(self.ready)
        try:
            with transaction.atomic():
                met = [self.deliver(one, static=False) for one in deliveries]
                if met[-1].status == Status.INCOMPLETE or len({one.pk for one in met}) > 1:
                    raise _Apart
                crash_point("pairing.together")
                return met[-1]
        except _Apart:
            self.row.next_ordinal, self.row.last_queued, self._dirty, self.ready = before
            return None

    def close(self) -> list[NodeExecution]:
        """Write the row back; the executions to publish."""
        if self._dirty:
            crash_point("pairing.before_close")
            self.row.save(update_fields=["next_ordinal", "last_queued"])
            crash_point("pairing.closed")
        return self.ready

    def _open(self) -> NodeExecution:
        """An execution with one arrival."""
        execution = NodeExecution(
            run_id=self.facts.id,
            node_id=self.node.id,
            run_node=self.row,
            ordinal=self.row.next_ordinal,
            arrived=1,
            add_time=self.stamps.next(),
            relayed=not relays(self.facts, self.node),
        )
        insert_rows([execution])
        crash_point("pairing.opened")
        self.row.next_ordinal += 1
        self._dirty = True
        return execution

    def _could_be_ready(self, arrived: int) -> bool:
        """Count before assembling: a join of a thousand pins is looked at once, not a thousand times."""
        return arrived >= self._least

    @cached_property
    def _least(self) -> int:
        """How many pins have to have arrived: the others are static, masked, or late."""
        return len(self.node.pins - self.node.static_pins - self.mask.keys() - self.node.late)

    def _queue_if_ready(self, execution: NodeExecution, static_source: Any) -> dict[str, Any] | None:
        """All data of the execution when it was queued, None when it goes on waiting."""
        if not self._could_be_ready(execution.arrived):
            return None
        received = values.received(execution)
        # in the order of the links, which decides what dynamic pins of one field are assembled to
        static_pins = dict.fromkeys(link.sink_name for link in self.node.inbound if link.is_static)
        for late in self.node.late:  # what it was in the execution before says nothing of this one
            static_pins.pop(late, None)
        fills = static_source([pin for pin in static_pins if pin not in received])
        data = {**received, **fills}
        spec = registry.get(self.node.block_id)
        if spec is None or graph_inputs.prepare(self.node, spec, data, self.mask).problem is not None:
            return None
        self._queue(execution, fills)
        return data

    def _queue(self, execution: NodeExecution, fills: Mapping[str, Any]) -> None:
        queue(self.facts, execution, self.stamps)
        execution.inputs = {**execution.inputs, **fills}
        execution.save(
            update_fields=[
                "status", "arrived", "inputs", "dispatch", "queue_time", "published_at", "publishes", "end_time",
                "stats",
            ]
        )  # fmt: skip
        crash_point("pairing.queued")
        self.row.last_queued = execution.ordinal
        self._dirty = True
        if execution.status == Status.QUEUED:
            self.ready.append(execution)

    def _latest_static(self, pins: list[str]) -> dict[str, Any]:
        """Static pins that have not arrived: as in the most recently queued execution, null if it had none."""
        if not pins or self.row.last_queued is None:
            return {}
        latest = NodeExecution.objects.get(run_node=self.row, ordinal=self.row.last_queued)
        known = values.received(latest)
        return {pin: known.get(pin) for pin in pins}

    def _complete_others(self, queued: NodeExecution, data: Mapping[str, Any]) -> None:
        """A static value that completed one execution completes the others that wait for it, newest first."""
        others = NodeExecution.objects.incomplete().filter(run_node=self.row, arrived__gte=self._least)
        for execution in others.exclude(pk=queued.pk).order_by("-ordinal"):
            self._queue_if_ready(execution, lambda pins: {pin: data.get(pin) for pin in pins})


def meetings_of(facts: RunFacts, node_ids: Iterable[UUID], stamps: Stamps) -> dict[UUID, Meeting]:
    """Lock the meeting points of these nodes, always in the same order, and start the clock when all are held."""
    wanted = sorted(node_ids)
    if not wanted:
        return {}
    meetings = {row.node_id: Meeting(facts, row, stamps) for row in lock_meetings(facts.id, wanted)}
    stamps.restart()
    return meetings

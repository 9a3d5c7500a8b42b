"""Nodes that a block calls: executions of the same run, for whose ends their caller waits without a worker.

They are made by the commit that suspends the caller: its row names them (`calls`), and each of them names the caller.
From then on they are like all others: claimed, paid, retried, stopped; but what they put out is for the caller alone.
The end of the last of them wakes it (waking.wake_caller)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from blocks import registry
from blocks.sdk import Answer, BlockType, Call, Calls
from blocks.sdk.errors import decorate
from columns import encode
from executions import metrics, values
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine.birth import queue, relays
from executions.engine.clock import Stamps
from executions.engine.pairing import Meeting, meetings_of
from executions.engine.waking import unended, wake
from executions.engine.work import Work
from executions.errors import LostClaim
from executions.models import NodeExecution, NodeOutput
from executions.statements import insert_rows
from executions.states import FINAL, Status, Waits
from executions.values import Delivery
from graphs import inputs as graph_inputs
from graphs import reading
from graphs.pins import is_tool
from graphs.plan import PlanNode
from graphs.tools import agents_of, tools_of

MOST_VALUES: Final = 1000  # of one called node; what else it put out is counted


def problem(work: Work, calls: Calls) -> str | None:
    """Why the block may not call these nodes."""
    if work.spec.block_type is not BlockType.AI:
        return f"only blocks of type AI may call nodes, and {work.spec.name} is of type {work.spec.block_type}"
    tools = {str(link.sink_id) for link in work.node.outbound if is_tool(link.source_name)}
    strangers = [call.node_id for call in calls.calls if call.node_id not in tools]
    return f"the block called {strangers[0]!r:.60}, which is not linked from its pin tools" if strangers else None


def know_tools(work: Work) -> None:
    """Before the block is called: what it is told of the nodes that it may call."""
    if work.spec.block_type is BlockType.AI:
        plan, node = work.facts.plan, work.node
        stored = repeated(reading.stored)(work.facts.user_id, agents_of(plan, node))
        agents = {key: (agent.name, agent.description) for key, agent in stored.items()}
        work.tools = tools_of(plan, node, agents)


# -- Calling


def place(work: Work, calls: Sequence[Call]) -> list[NodeExecution]:
    """Make the called executions; those that may be published. Needs the transaction that suspends the caller.

    The meeting points of its other links are locked as well: its last outputs are routed in the same transaction."""
    plan, stamps = work.facts.plan, Stamps()
    sinks = {link.sink_id for link in work.node.outbound}
    met = meetings_of(work.facts, {sink for sink in sinks if plan.nodes[sink].paired}, stamps)
    crash_point("call.locked")
    made = [_Placing(work, plan.nodes[UUID(call.node_id)], call, stamps).made(met) for call in calls]
    for meeting in met.values():
        meeting.close()
    work.refused = sum(one.status == Status.FAILED for one in made)
    NodeExecution.objects.filter(pk=work.execution.pk).update(calls=[str(one.pk) for one in made])
    if all(one.status in FINAL for one in made):
        wake(work.execution.pk)
    crash_point("call.placed")
    return [one for one in made if one.status == Status.QUEUED]


class _Placing:
    """One call on its way to an execution of its node."""

    def __init__(self, work: Work, node: PlanNode, call: Call, stamps: Stamps) -> None:
        self.work, self.node, self.stamps = work, node, stamps
        self.mask = work.facts.masks.get(node.id)
        constants = node.constants if node.agent is None else node.agent.inputs
        of_caller = [link for link in node.inbound if link.source_id == work.node.id and is_tool(link.source_name)]
        given = {pin: value for pin, value in call.data.items() if value is not None}
        self.data = {link.sink_name: given.get(link.sink_name, constants.get(link.sink_name)) for link in of_caller}

    def made(self, met: Mapping[UUID, Meeting]) -> NodeExecution:
        meeting = met.get(self.node.id)
        if meeting is None:
            return self._alone()
        deliveries = [Delivery(pin, value, encode(value)) for pin, value in self.data.items()]
        execution = meeting.deliver_together(deliveries)
        if execution is None:
            return self._refused()
        execution.caller_id = self.work.execution.pk
        NodeExecution.objects.filter(pk=execution.pk).update(caller=execution.caller_id)
        return execution

    def _alone(self) -> NodeExecution:
        """Nothing is paired at the node: it has this one pin."""
        if self._problem() is not None:
            return self._refused()
        execution = self._new()
        queue(self.work.facts, execution, self.stamps)
        insert_rows([execution])
        return execution

    def _refused(self) -> NodeExecution:
        """The block could not be called with this: an execution that has failed, with the reason as its answer."""
        execution = self._new()
        execution.status, execution.end_time = Status.FAILED, self.stamps.now
        spec = registry.get(self.node.block_id)
        why = ValueError(self._problem() or "values of others have arrived at its pins and wait for theirs")
        execution.stats = {"error": decorate(spec.name if spec else "", self.node.block_id, why)}
        metrics.after_commit(metrics.NODES, Status.FAILED.value)
        insert_rows([execution])
        return execution

    def _problem(self) -> str | None:
        spec = registry.get(self.node.block_id)
        if spec is None:
            return f"block {self.node.block_id} is not installed on this worker"
        return graph_inputs.prepare(self.node, spec, self.data, self.mask).problem

    def _new(self) -> NodeExecution:
        """In the order of what outputs have made: after all that there is so far."""
        newest = NodeOutput.objects.aggregate(newest=Max("pk"))["newest"] or 0
        return NodeExecution(
            run_id=self.work.facts.id,
            node_id=self.node.id,
            ordinal=newest,
            arrived=len(self.data),
            inputs=self.data,
            add_time=self.stamps.next(),
            relayed=not relays(self.work.facts, self.node),
            caller_id=self.work.execution.pk,
        )


# -- Going on


def wait_on(work: Work) -> bool:
    """Suspend again when some of the called nodes have not ended, as after a retry; or else take their answers."""
    calls = work.execution.calls
    while unended(calls):
        if _suspended(work):
            work.suspended = True
            return True
    work.answers = _answers(calls)
    return False


@repeated
def _suspended(work: Work) -> bool:
    """False: the last one has ended meanwhile."""
    crash_point("recall.begun")
    with write():
        held = NodeExecution.objects.held(work.execution.pk, work.token)
        waiting = {"claim_token": None, "holder": None, "waits_for": Waits.CALLS, "wakes_at": None}
        suspended = held.filter(wake_pending=False).update(**waiting)
        if not suspended and not held.update(wake_pending=False):
            raise LostClaim
        crash_point("recall.before_commit")
    crash_point("recall.after_commit")
    return bool(suspended)


@repeated
def _answers(calls: Sequence[str]) -> tuple[Answer, ...]:
    called = NodeExecution.objects.in_bulk([UUID(pk) for pk in calls])
    return tuple(_answer(called[UUID(pk)]) for pk in calls)


def _answer(execution: NodeExecution) -> Answer:
    """What fits; where an attempt failed and the next one succeeded, the outputs of both, as elsewhere."""
    outputs: dict[str, list[Any]] = {}
    error = execution.stats.get("error") if execution.status != Status.COMPLETED else None
    rows = NodeOutput.objects.filter(node_execution_id=execution.pk).order_by("epoch", "sequence")
    for row in rows.filter(pin="error", epoch=execution.epoch):
        error = str(values.content(row))
    rows, room = rows.exclude(pin="error"), settings.MAX_OUTPUT_BYTES
    for row in rows[:MOST_VALUES]:
        if (room := room - row.size) < 0:
            break
        outputs.setdefault(row.pin, []).append(values.content(row))
    return Answer(outputs, error, left_out=rows.count() - sum(map(len, outputs.values())))

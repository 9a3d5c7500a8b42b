"""A node that runs another graph: starts a child run, waits without a worker, hands its outputs on (spec 2.13)."""

from typing import Any
from uuid import UUID

from blocks.sdk.values import to_json
from columns import encode
from executions import values
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import finish
from executions.engine.admission import start_child
from executions.engine.invoke import Outcome
from executions.engine.outbox import Outbox
from executions.engine.retry import ended_before_retry, retry_child
from executions.engine.routing import Routed
from executions.engine.work import Work
from executions.errors import LostClaim, Stopping
from executions.facts import facts_of
from executions.models import GraphExecution, NodeExecution, NodeOutput
from executions.states import FINAL, Status, Waits
from executions.values import Emitted


def step(work: Work, outbox: Outbox) -> Routed:
    """One step of the parent's node: start the child, take over what it has put out, end or suspend."""
    child = _child_of(work)
    if child is None or ended_before_retry(child):
        try:
            child = start_child(work) if child is None else retry_child(work, child)
        except Stopping:
            return finish.finish(work, outbox, Outcome(cancelled=True))
        except Exception as refused:
            if not hasattr(refused, "status"):
                raise
            return finish.finish(work, outbox, _outcome(work, ValueError(_sentence(refused))))
    routed = Routed()
    while True:
        child.refresh_from_db(fields=["status", "stats", "failure"])  # before its outputs: a final child has them all
        if child.status in FINAL:
            return _merged(routed, _end(work, outbox, child))
        more, suspended = _relay_and_suspend(work, outbox, child)
        routed = _merged(routed, more)
        if suspended:
            work.suspended = True
            return routed


def _child_of(work: Work) -> GraphExecution | None:
    children = GraphExecution.objects.filter(parent_node_execution_id=work.execution.pk)
    return children.filter(parent_epoch=work.execution.epoch).first()


def _sentence(refused: Exception) -> str:
    """A refusal with its field errors in words: nobody sees the map inside a run."""
    detail = getattr(refused, "detail", None)
    errors = detail.get("node_errors", {}) if isinstance(detail, dict) else {}
    fields = [f"{node}.{name}: {text}" for node, names in errors.items() for name, text in names.items()]
    return "; ".join([str(refused), *fields])


def _merged(first: Routed, second: Routed) -> Routed:
    return Routed(first.ready + second.ready, first.errors + second.errors)


def _waiting_outputs(child: GraphExecution) -> list[NodeExecution]:
    """The child's outputs that have ended and were not taken over, in the order in which they ended."""
    ended = NodeExecution.objects.filter(run_id=child.pk, relayed=False, status__in=FINAL)
    return list(ended.order_by("end_time", "id"))


def _emissions(child: GraphExecution, ended: list[NodeExecution]) -> list[Emitted]:
    """(the output's name, each value it put out), formatted as the child formats it."""
    facts = facts_of(child.pk)
    put_out: dict[UUID, list[Any]] = {}
    rows = NodeOutput.objects.filter(node_execution__in=[one.pk for one in ended], pin="output")
    for row in rows.order_by("node_execution_id", "epoch", "sequence"):
        put_out.setdefault(row.node_execution_id, []).append(values.content(row))
    emitted = []
    for one, received in zip(ended, values.received_of(ended).values(), strict=True):
        name = {**facts.plan.nodes[one.node_id].constants, **received, **facts.masks.get(one.node_id, {})}.get("name")
        for value in put_out.get(one.pk, []):
            plain = to_json(value)
            emitted.append(Emitted(str(name), plain, plain, encode(plain)))
    return emitted


@repeated
def _relay_and_suspend(work: Work, outbox: Outbox, child: GraphExecution) -> tuple[Routed, bool]:
    """Take over what is there, then wait, unless more has come meanwhile."""
    ended = _waiting_outputs(child)
    batch = _emissions(child, ended)
    crash_point("relay.begun")
    with write():
        held = NodeExecution.objects.held(work.execution.pk, work.token)
        stats = work.execution.stats | {"child_run": str(child.pk)}
        suspended = held.filter(wake_pending=False).update(
            claim_token=None, holder=None, waits_for=Waits.RUN, wakes_at=None, stats=stats
        )
        if not suspended and not held.update(wake_pending=False):
            raise LostClaim
        crash_point("relay.suspended")
        routed = _take_over(outbox, ended, batch)
        crash_point("relay.before_commit")
    crash_point("relay.after_commit")
    outbox.sequence += len(batch)
    return routed, bool(suspended)


def _take_over(outbox: Outbox, ended: list[NodeExecution], batch: list[Emitted]) -> Routed:
    NodeExecution.objects.filter(pk__in=[one.pk for one in ended]).update(relayed=True)
    crash_point("relay.taken_over")
    return outbox.store(batch) if batch else Routed()


def _end(work: Work, outbox: Outbox, child: GraphExecution) -> Routed:
    """The child is final: its last outputs, its cost and count, and its failure if it failed (D5)."""
    ended = _waiting_outputs(child)
    batch = _emissions(child, ended)
    error = None
    if child.status != Status.COMPLETED:
        reason = (child.stats or {}).get("error") or "no reason was recorded"
        error = ValueError(f"The child run {child.pk} ended {child.status}: {reason}")
    outbox.add(batch)
    return finish.finish(work, outbox, _outcome(work, error))


def _outcome(work: Work, error: ValueError | None) -> Outcome:
    """With what the children have cost and done beyond what is recorded: one that was retried has ended twice."""
    execution = work.execution
    children = GraphExecution.objects.filter(parent_node_execution_id=execution.pk, ended_at__isnull=False)
    ended = [stats or {} for stats in children.values_list("stats", flat=True)]
    return Outcome(
        error=error,
        extra_cost=sum(stats.get("cost", 0) for stats in ended) - execution.extra_cost,
        extra_steps=sum(stats.get("node_exec_count", 0) for stats in ended) - execution.extra_steps,
    )

"""Makes a run that failed or was stopped runnable again; what has completed in it stays as it is (D14).

A retry changes the rows of one run. A run below it is retried when the node that started it takes its next step: that
node finds a child that ended before the retry, because its `retries` is behind that of the topmost run.

An execution that was interrupted goes on in its epoch, like after a crash: outputs that are stored are not repeated.
One whose block failed begins a new epoch: what it had put out stays, and nothing of what comes now is suppressed."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from blocks import registry
from blocks.sdk import Effect
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import admission
from executions.engine.birth import relays
from executions.engine.epilogue import hurry
from executions.engine.steps import first, hidden, standing_at
from executions.engine.work import Work
from executions.errors import NotRetryable, RunBelow, RunNotFound
from executions.facts import facts_of
from executions.models import GraphExecution, NodeExecution, NodeOutput
from executions.querysets import NodeExecutionQuerySet
from executions.statements import first_of
from executions.states import RETRYABLE, Status, Step
from graphs import services as graphs

# What a run knows of its end, and of the life before it.
FORGOTTEN: Final[dict[str, Any]] = {
    "failure": None,
    "stats": None,
    "epilogue": Step.NONE,
    "chord_id": None,
    "started_at": None,
    "ended_at": None,
    "stop_requested_at": None,
    "paused_at": None,
    "paused_for": timedelta(),
}


def retry(run_id: UUID) -> None:
    """FAILED or TERMINATED → QUEUED, and admitted like a new run. Of several at once one succeeds.

    Raises NotRetryable or RunBelow, and what a start raises: NoCredits, GraphNotFound, GraphValidationError."""
    run = GraphExecution.objects.select_related("user", "graph_version__graph").filter(pk=run_id).first()
    if run is None:
        raise RunNotFound(run_id)
    if run.parent_id is not None:
        raise RunBelow(run_id, run.root_id)
    if run.status not in RETRYABLE:
        raise NotRetryable(run_id, run.status)
    graphs.find(run.user, run.graph_version.graph_id, run.graph_version.version)  # it may have been deleted since
    admission.check(admission.Order.of(run))
    hurry(run_id)  # its first end is told before the second
    _reopen(run_id, timezone.now())


@repeated
def _reopen(run_id: UUID, now: datetime) -> None:
    """By its time a repetition after a lost answer finds that it was made."""
    crash_point("retry.begun")
    with write():
        run = GraphExecution.objects.select_for_update(no_key=True).get(pk=run_id)
        step = first()
        sent = {"published_at": now, "publishes": 1, "retries": run.retries + 1, **standing_at(step, now)}
        if not GraphExecution.objects.filter(pk=run_id).moves_to(
            Status.QUEUED, **FORGOTTEN | sent, moderation=hidden()
        ):
            if run.published_at == now:
                return
            raise NotRetryable(run_id, run.status)
        crash_point("retry.moved")
        _reopen_nodes(run, now)
        admission.announce(run_id, step)
        crash_point("retry.before_commit")
    crash_point("retry.after_commit")


def ended_before_retry(child: GraphExecution) -> bool:
    """The child failed or was stopped in an earlier life of its topmost run."""
    if child.status not in RETRYABLE:
        return False
    return child.retries < GraphExecution.objects.values_list("retries", flat=True).get(pk=child.root_id)


def retry_child(work: Work, child: GraphExecution) -> GraphExecution:
    """The child of an AGENT node goes on, RUNNING at once: it is admitted with its root. Raises what a start raises."""
    child = GraphExecution.objects.select_related("user", "graph_version").get(pk=child.pk)
    admission.check(admission.Order.of(child))
    _reopen_child(work, child)
    return child


@repeated
def _reopen_child(work: Work, child: GraphExecution) -> None:
    crash_point("retry_child.begun")
    with write():
        root = admission.locked_above(work.facts.id, work.facts.root_id)
        ended = GraphExecution.objects.filter(pk=child.pk)
        now = timezone.now()
        if not ended.moves_to(Status.QUEUED, **FORGOTTEN | {"retries": root.retries, "moderation": hidden()}):
            return  # another attempt at the node was faster
        chord_id = admission.chord_name(child.pk, now)
        ended.moves_to(Status.RUNNING, started_at=now, paused_at=root.paused_at, chord_id=chord_id)
        crash_point("retry_child.moved")
        _reopen_nodes(child, now)
        first = first_of(child.pk, now)
        transaction.on_commit(partial(admission.launch, facts_of(child.pk), chord_id, first))
        crash_point("retry_child.before_commit")
    crash_point("retry_child.after_commit")


def _reopen_nodes(run: GraphExecution, now: datetime) -> None:
    """What failed or was ended early is queued, under a new dispatch number; what is skipped stays so."""
    nodes = NodeExecution.objects.filter(run_id=run.pk).retryable().exclude(node_id__in=run.nodes_to_skip)
    nodes = nodes.filter(Q(caller=None) | Q(pk__in=_awaited(nodes)))
    _hand_on_again(run, nodes)
    _begin_epochs(run, nodes)
    crash_point("retry.epochs")
    fresh: dict[str, Any] = {"failures": 0, "mishaps": 0, "stats": {}, "has_place": False, "in_chord": False}
    nodes.wait_again(now, **fresh)
    nodes.requeue(now, **fresh)


def _awaited(nodes: NodeExecutionQuerySet) -> list[str]:
    """Called executions whose caller is retried too, and has not gone on with their answers."""
    callers = list(nodes.exclude(calls=None).values_list("pk", "caller", "calls"))
    found: set[str] = set()
    while (
        more := {called for pk, above, calls in callers if above is None or str(pk) in found for called in calls or ()}
        - found
    ):
        found |= more
    return sorted(found)


def _begin_epochs(run: GraphExecution, nodes: NodeExecutionQuerySet) -> None:
    """For those whose block failed, from the start; for those that must not be called twice but on purpose.

    A node whose child run exists keeps its epoch: the child belongs to it, and is retried itself."""
    plan = facts_of(run.pk).plan
    specs = {node.id: registry.get(node.block_id) for node in plan.nodes.values()}
    once = [node_id for node_id, spec in specs.items() if spec is not None and spec.effect is Effect.AT_MOST_ONCE]
    children = GraphExecution.objects.filter(parent_node_execution_id=OuterRef("pk"), parent_epoch=OuterRef("epoch"))
    errors = NodeOutput.objects.filter(node_execution_id=OuterRef("pk"), epoch=OuterRef("epoch"), pin="error")
    alone = nodes.filter(~Exists(children))
    alone.filter(node_id__in=once, entered_epoch=F("epoch")).filter(~Exists(errors)).update(epoch=F("epoch") + 1)
    failed = alone.filter(Exists(errors))
    failed.filter(calls=None).update(state=None)  # others go on with what the nodes that they called have answered
    failed.update(epoch=F("epoch") + 1, review=None)


def _hand_on_again(run: GraphExecution, nodes: NodeExecutionQuerySet) -> None:
    """Outputs of a child run that ended without a value: the parent has to look at them once more."""
    facts = facts_of(run.pk)
    outputs = [node.id for node in facts.plan.nodes.values() if relays(facts, node)]
    if outputs:
        given = NodeOutput.objects.filter(node_execution_id=OuterRef("pk"), pin="output")
        nodes.filter(~Exists(given), node_id__in=outputs).update(relayed=False)

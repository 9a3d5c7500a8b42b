"""The one way into the engine: whoever starts a run comes through here (D17)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

import credits.services
from accounts.models import User
from blocks import registry
from executions import hints
from executions.database import repeated, write
from executions.engine.birth import queue, relays
from executions.engine.clock import Stamps
from executions.engine.work import Work
from executions.errors import NoCredits, Stopping, TooDeep
from executions.facts import RunFacts, facts_of
from executions.models import GraphExecution, NodeExecution, RunNode
from executions.states import Status
from graphs import inputs as graph_inputs
from graphs import services as graphs
from graphs.models import GraphVersion
from graphs.plan import PlanNode


@dataclass(frozen=True)
class Order:
    """What somebody wants to be run. Masks: node id → pin → value."""

    user: User
    version: GraphVersion
    inputs: Mapping[str, Any] = field(default_factory=dict)
    credentials_inputs: Mapping[str, Any] = field(default_factory=dict)
    masks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def start(order: Order) -> GraphExecution:
    """A new run, QUEUED. Raises NoCredits, GraphInvalid or GraphValidationError; then nothing is stored."""
    run = _checked(order)
    run.root = run
    with write():
        run.published_at, run.publishes = timezone.now(), 1
        _insert(run, order)
        transaction.on_commit(partial(hints.send().admit, run.pk))
    return run


def start_child(work: Work) -> GraphExecution:
    """The child run of an AGENT node, RUNNING at once: it is admitted with its root and takes no slot."""
    order = _child_order(work)
    run = _checked(order)
    parent = GraphExecution.objects.get(pk=work.facts.id)
    run.parent, run.root_id, run.depth = parent, parent.root_id, parent.depth + 1
    run.parent_node_execution_id, run.parent_epoch = work.execution.pk, work.execution.epoch
    run.status, run.started_at = Status.RUNNING, run.created_at
    with write():
        above = GraphExecution.objects.filter(pk__in={parent.pk, parent.root_id}).order_by("pk")
        locked = list(above.select_for_update(no_key=True).only("stop_requested_at"))
        if any(run.stop_requested_at is not None for run in locked):
            raise Stopping
        _insert(run, order)
        transaction.on_commit(partial(launch, run.pk))
    return run


def _child_order(work: Work) -> Order:
    if work.facts.depth + 1 > settings.MAX_DEPTH:
        raise TooDeep(settings.MAX_DEPTH)
    user = User.objects.get(pk=work.facts.user_id)
    constants = work.node.constants
    version = graphs.find(user, str(constants.get("graph_id")), constants.get("graph_version"))
    masks = {str(node): mask for node, mask in work.facts.masks.items()}
    return Order(user=user, version=version, inputs=work.data, masks=masks)


def _checked(order: Order) -> GraphExecution:
    if credits.services.enabled() and (balance := credits.services.balance(order.user.pk)) <= 0:
        raise NoCredits(balance)
    check = graphs.check_start(
        order.version,
        inputs=order.inputs,
        masks=order.masks,
        credentials_inputs=order.credentials_inputs,
    )
    return GraphExecution(
        user=order.user,
        graph_version=order.version,
        inputs=order.inputs,
        credentials_inputs=order.credentials_inputs,
        nodes_input_masks={str(node): mask for node, mask in check.masks.items()},
        nodes_to_skip=[str(node) for node in check.skip],
        context={"user_timezone": order.user.timezone},
        warnings=list(check.warnings),
    )


def _insert(run: GraphExecution, order: Order) -> None:
    """The run, a meeting point for every node at which values are paired, and its first executions in node order."""
    run.save(force_insert=True)
    facts = facts_of(run.pk)
    points = {node.id: _meeting_point(facts, node) for node in facts.plan.nodes.values() if node.paired}
    RunNode.objects.bulk_create(points.values(), batch_size=500)
    stamps = Stamps()
    first = [_first(facts, facts.plan.nodes[node_id], points.get(node_id), order) for node_id in facts.plan.starting]
    for execution in first:
        execution.add_time = stamps.next()
        queue(facts, execution, stamps)
    NodeExecution.objects.bulk_create(first, batch_size=500)


def _meeting_point(facts: RunFacts, node: PlanNode) -> RunNode:
    started = node.id in facts.plan.starting
    return RunNode(
        run_id=facts.id, node_id=node.id, next_ordinal=1 if started else 0, last_queued=0 if started else None
    )


def _first(facts: RunFacts, node: PlanNode, point: RunNode | None, order: Order) -> NodeExecution:
    spec = registry.get(node.block_id)
    return NodeExecution(
        run_id=facts.id,
        node_id=node.id,
        run_node=point,
        ordinal=0,
        inputs={} if spec is None else graph_inputs.starting_data(node, spec, order.inputs),
        relayed=not relays(facts, node),
    )


@repeated
def admit(run_id: UUID) -> bool:
    """QUEUED → RUNNING when the user has a free slot; else the run waits until one of the user's runs ends."""
    with write():
        waiting = GraphExecution.objects.filter(pk=run_id, status=Status.QUEUED, paused_at=None)
        run = (
            waiting.select_related("graph_version").only("user_id", "stop_requested_at", "graph_version__graph").first()
        )
        if run is None or run.stop_requested_at is not None:
            return False
        User.objects.select_for_update(no_key=True).get(pk=run.user_id)  # two admissions of a user see each other's run
        if not _has_slot(run):
            return False
        now = timezone.now()
        if not GraphExecution.objects.filter(pk=run_id).moves_to(Status.RUNNING, started_at=now):
            return False
        # its executions were queued when the run was: they are published now, not overdue
        NodeExecution.objects.filter(run_id=run_id, status=Status.QUEUED).update(published_at=now)
    launch(run_id)
    return True


def _has_slot(run: GraphExecution) -> bool:
    """Limits per user and per user and graph; a run in which everything waits takes no slot."""
    of_user = GraphExecution.objects.of(run.user_id).roots().filter(status=Status.RUNNING)
    running = dict(of_user.values_list("pk", "graph_version__graph_id"))
    if not _within_limits(run, running):
        busy = NodeExecution.objects.filter(run__root__in=running, waits_for=None).outstanding()
        at_work = set(busy.values_list("run__root_id", flat=True).distinct())
        running = {pk: graph for pk, graph in running.items() if pk in at_work}
    return _within_limits(run, running)


def _within_limits(run: GraphExecution, running: Mapping[UUID, UUID]) -> bool:
    same_graph = list(running.values()).count(run.graph_version.graph_id)
    return len(running) < settings.MAX_RUNS_PER_USER and same_graph < settings.MAX_RUNS_PER_GRAPH


def launch(run_id: UUID) -> None:
    """Publish the starting executions of a run that has just become RUNNING."""
    hints.send().launch(run_id)


def admit_next(user_id: UUID) -> None:
    """A slot may have become free: the oldest waiting run of each of the user's graphs is asked."""
    waiting = GraphExecution.objects.of(user_id).roots().filter(status=Status.QUEUED, stop_requested_at=None)
    oldest: dict[UUID, UUID] = {}
    for pk, graph_id in waiting.order_by("created_at").values_list("pk", "graph_version__graph_id")[:100]:
        oldest.setdefault(graph_id, pk)
    for pk in list(oldest.values())[:5]:
        hints.send().admit(pk)

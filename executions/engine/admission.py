"""The one way into the engine: whoever starts a run comes through here (D17)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

import credits.refill
import credits.services
from accounts.models import User
from blocks import registry
from executions import hints, logfields
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import steps
from executions.engine.birth import queue, relays
from executions.engine.clock import Stamps
from executions.engine.work import Work
from executions.errors import BudgetRefused, NoCredits, Stopping, TooDeep
from executions.facts import RunFacts, facts_of
from executions.models import GraphExecution, NodeExecution, RunBudget, RunNode
from executions.own_credentials import Own
from executions.statements import first_of, insert_rows, lock_owner, lock_run, move_run, running_beside, waiting_runs
from executions.states import Status, Step
from graphs import inputs as graph_inputs
from graphs import services as graphs
from graphs.models import GraphVersion
from graphs.plan import PlanNode
from graphs.validate import RunCheck


@dataclass(frozen=True)
class Order:
    """What somebody wants to be run. Masks: node id → pin → value."""

    user: User
    version: GraphVersion
    inputs: Mapping[str, Any] = field(default_factory=dict)
    credentials_inputs: Mapping[str, Any] = field(default_factory=dict)
    masks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    max_cost: int | None = None
    preset_id: UUID | None = None
    run_id: UUID | None = None  # who starts a run for a reason that has an id starts it once

    @classmethod
    def of(cls, run: GraphExecution) -> "Order":
        """What a run was started with."""
        return cls(run.user, run.graph_version, run.inputs, run.credentials_inputs, run.nodes_input_masks, run.max_cost)


def start(order: Order) -> GraphExecution:
    """A new run, QUEUED. Raises NoCredits, BudgetRefused, GraphInvalid, GraphValidationError: nothing is stored."""
    if order.run_id is not None and (started := repeated(_started)(order.run_id)):
        return started
    run = repeated(_checked)(order)
    run.root = run
    with logfields.about(run=run.pk, user=run.user_id, graph=order.version.graph_id):
        _store(run, order)
    return run


def _started(run_id: UUID) -> GraphExecution | None:
    return GraphExecution.objects.select_related("graph_version").filter(pk=run_id).first()


@repeated
def _store(run: GraphExecution, order: Order) -> None:
    """The run is stored once, also when the answer to its commit was lost and it is sent again."""
    crash_point("start.begun")
    try:
        with write():
            run.published_at, run.publishes = timezone.now(), 1
            run.epilogue, run.step_due_at = steps.standing_at(steps.first(), run.published_at).values()
            _insert(run, order)
            announce(run.pk, run.epilogue)
            crash_point("start.before_commit")
    except IntegrityError:
        if not GraphExecution.objects.filter(pk=run.pk).exists():
            raise
    crash_point("start.after_commit")


def announce(run_id: UUID, step: str) -> None:
    """Of a run that is QUEUED from now on: it is checked, or admitted."""
    hint = hints.send().admit if step == Step.NONE else hints.send().advance
    transaction.on_commit(partial(hint, run_id))


def start_child(work: Work) -> GraphExecution:
    """The child run of an AGENT node, RUNNING at once: it is admitted with its root and takes no slot."""
    order = _child_order(work)
    run = _checked(order)
    parent = GraphExecution.objects.get(pk=work.facts.id)
    run.parent, run.root_id, run.depth = parent, parent.root_id, parent.depth + 1
    run.parent_node_execution_id, run.parent_epoch = work.execution.pk, work.execution.epoch
    run.status, run.started_at, run.chord_id = Status.RUNNING, run.created_at, chord_name(run.pk, run.created_at)
    run.context = dict(work.facts.context)  # who is asked before what is decided for the whole tree
    crash_point("child.begun")
    with write():
        root = locked_above(parent.pk, parent.root_id)
        run.retries, run.paused_at = root.retries, root.paused_at
        crash_point("child.locked")
        first = [one for one in _insert(run, order) if one.status == Status.QUEUED]
        transaction.on_commit(partial(launch, facts_of(run.pk), run.chord_id, first))
        crash_point("child.before_commit")
    crash_point("child.launched")
    return run


def locked_above(parent_id: UUID, root_id: UUID) -> GraphExecution:
    """The topmost run, locked like the parent, so that neither is stopped or paused meanwhile. Raises Stopping."""
    above = GraphExecution.objects.filter(pk__in={parent_id, root_id}).order_by("pk").select_for_update(no_key=True)
    locked = {run.pk: run for run in above.only("stop_requested_at", "paused_at", "retries")}
    if any(run.stop_requested_at is not None for run in locked.values()):
        raise Stopping
    return locked[root_id]


def _child_order(work: Work) -> Order:
    if work.facts.depth + 1 > settings.MAX_DEPTH:
        raise TooDeep(settings.MAX_DEPTH)
    user = User.objects.get(pk=work.facts.user_id)
    constants = work.node.constants
    version = graphs.find(user, str(constants.get("graph_id")), constants.get("graph_version"))
    masks = {str(node): mask for node, mask in work.facts.masks.items()}
    return Order(user=user, version=version, inputs=work.data, masks=masks, max_cost=work.facts.max_cost)


def check(order: Order) -> RunCheck:
    """Is there money, and may the version be run like this?"""
    if order.max_cost is not None and not 0 <= order.max_cost <= credits.services.HIGHEST:
        raise BudgetRefused(order.max_cost)
    if credits.services.enabled() and (balance := credits.refill.balance(order.user.pk)) <= 0:
        raise NoCredits(balance)
    return graphs.check_start(
        order.version,
        inputs=order.inputs,
        masks=order.masks,
        credentials_inputs=order.credentials_inputs,
        lookup=Own(order.user.pk),
    )


def _checked(order: Order) -> GraphExecution:
    checked = check(order)
    return GraphExecution(
        user=order.user,
        graph_version=order.version,
        inputs=order.inputs,
        credentials_inputs=order.credentials_inputs,
        nodes_input_masks={str(node): mask for node, mask in checked.masks.items()},
        nodes_to_skip=[str(node) for node in checked.skip],
        context={"user_timezone": order.user.timezone} | graphs.safe_modes(order.version),
        warnings=list(checked.warnings),
        max_cost=order.max_cost,
        moderation=steps.hidden(),
        preset_id=order.preset_id,
        **({} if order.run_id is None else {"id": order.run_id}),
    )


def _insert(run: GraphExecution, order: Order) -> list[NodeExecution]:
    """The run, a meeting point for every node at which values are paired, and its first executions in node order."""
    insert_rows([run])
    crash_point("start.run_inserted")
    if run.max_cost is not None and run.parent_id is None:
        RunBudget.objects.create(run=run, most=run.max_cost)
        crash_point("start.budget_inserted")
    facts = facts_of(run.pk)
    points = {node.id: _meeting_point(facts, node) for node in facts.plan.nodes.values() if node.paired}
    insert_rows(list(points.values()))
    crash_point("start.meetings_inserted")
    stamps = Stamps()
    first = [_first(facts, facts.plan.nodes[node_id], points.get(node_id), order) for node_id in facts.plan.starting]
    for execution in first:
        execution.add_time = stamps.next()
        queue(facts, execution, stamps)
    insert_rows(first)
    return first


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
    crash_point("admit.begun")
    with logfields.about(run=run_id), write():
        run = lock_run(run_id)
        if run is None or run.status != Status.QUEUED or run.paused_at or run.stop_requested_at or run.epilogue:
            return False
        facts = facts_of(run_id)
        logfields.known(user=run.user_id, graph=facts.plan.graph_id)
        lock_owner(run.user_id)  # two admissions of a user see each other's run
        if not _has_slot(run, facts.plan.graph_id):
            return False
        now = timezone.now()
        chord_id = chord_name(run_id, now)
        move_run(run_id, Status.RUNNING, started_at=now, chord_id=chord_id)
        crash_point("admit.moved")
        first = first_of(run_id, now)
        crash_point("admit.before_commit")
    crash_point("admit.after_commit")
    launch(facts, chord_id, first)
    return True


def chord_name(run_id: UUID, at: datetime) -> str:
    """A run that is admitted again has another chord."""
    return str(uuid5(run_id, f"chord {at.isoformat()}"))


def _has_slot(run: GraphExecution, graph_id: UUID) -> bool:
    """Limits per user and per user and graph; a run that is paused, or in which everything waits, takes no slot."""
    of_user, of_graph = running_beside(run.user_id, graph_id)
    if of_user < settings.MAX_RUNS_PER_USER and of_graph < settings.MAX_RUNS_PER_GRAPH:
        return True
    return _within_limits(run, occupying(run))


def occupying(run: GraphExecution) -> dict[UUID, UUID]:
    """The running runs of the owner with their graphs: all of them, or where that is too many, those at work."""
    of_user = GraphExecution.objects.of(run.user_id).roots().filter(status=Status.RUNNING, paused_at=None)
    running = dict(of_user.values_list("pk", "graph_version__graph_id"))
    if _within_limits(run, running):
        return running
    busy = NodeExecution.objects.filter(run__root__in=running, waits_for=None).outstanding()
    at_work = set(busy.values_list("run__root_id", flat=True).distinct())
    return {pk: graph for pk, graph in running.items() if pk in at_work}


def _within_limits(run: GraphExecution, running: Mapping[UUID, UUID]) -> bool:
    same_graph = list(running.values()).count(run.graph_version.graph_id)
    return len(running) < settings.MAX_RUNS_PER_USER and same_graph < settings.MAX_RUNS_PER_GRAPH


def launch(facts: RunFacts, chord_id: str, first: list[NodeExecution]) -> None:
    """Publish the starting executions of a run that has just become RUNNING, in the order of the graph."""
    place = {node_id: number for number, node_id in enumerate(facts.plan.nodes)}
    first.sort(key=lambda one: place[one.node_id])
    crash_point("launch.begun")
    hints.send().launch(facts.id, chord_id, first)
    crash_point("launch.done")


def admit_next(user_id: UUID) -> None:
    """A slot may have become free: the oldest waiting run of each of the user's graphs is asked."""
    crash_point("admit_next.begun")
    oldest: dict[UUID, UUID] = {}
    for pk, graph_id in waiting_runs(user_id):
        oldest.setdefault(graph_id, pk)
    for pk in list(oldest.values())[:5]:
        hints.send().admit(pk)

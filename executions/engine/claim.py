"""Takes a queued execution for this attempt: one compare-and-set that also books the charge (design 3, step 1)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from uuid import UUID, uuid4

from django.utils import timezone

from blocks import registry
from blocks.sdk import BlockSpec, Effect
from credits.errors import InsufficientBalance
from executions import metrics, pricing
from executions.crashpoints import crash_point
from executions.database import repeated, write
from executions.engine import paying
from executions.engine.work import Work, prepared
from executions.errors import OverBudget
from executions.models import NodeExecution
from executions.statements import Claim, take_claim
from executions.states import FINAL, Status
from graphs.errors import GraphNotFound
from graphs.plans import plan_of


class Refusal(Enum):
    """Why a claim was not given, told apart because each is answered differently."""

    HELD = auto()  # a live attempt has it
    FINAL = auto()  # it has ended
    STALE = auto()  # queued again under another number, whose message has the place in the chord
    LATER = auto()  # stopped or paused
    UNPAID = auto()  # the balance or the budget of the run does not cover the price


@dataclass(frozen=True)
class Holder:
    """Who asks for a claim. `name`: the process, for people and for interruptions; `worker`: the id of its row."""

    name: str
    worker: UUID | None = None


@dataclass(frozen=True)
class Ask:
    """A message that asks for a claim. `node`: the version and the node that it names, which say beforehand whether
    anything has to be paid; `in_chord`: it is a member of the run's chord."""

    execution_id: UUID
    dispatch: int
    holder: Holder
    in_chord: bool = False
    node: tuple[UUID, UUID] | None = None
    token: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Refused:
    why: Refusal
    execution: NodeExecution


@dataclass(frozen=True)
class Unpaid(Refused):
    """Neither the balance nor the budget of the run may be overdrawn."""

    work: Work
    reason: InsufficientBalance | OverBudget


class _Unpaid(Exception):
    def __init__(self, work: Work, reason: InsufficientBalance | OverBudget) -> None:
        self.refused = Unpaid(Refusal.UNPAID, work.execution, work, reason)


def claim(ask: Ask) -> Work | Refused | None:
    """The work, and only this attempt may write to its execution from now on; or why not. None: there is no such
    execution."""
    try:
        work = _take(ask) or _was_taken(ask)
    except _Unpaid as refused:
        return refused.refused
    if work is None:
        return _refused(ask)
    _count_wait(work)
    return work


@repeated
def _take(ask: Ask) -> Work | None:
    """What costs nothing is claimed by one statement. What may cost something is claimed and paid together."""
    spec = _spec(ask)
    crash_point("claim.begun")
    if spec is not None and not pricing.price_list(spec):
        execution = take_claim(_changes(ask, durable=spec.effect is Effect.AT_MOST_ONCE))
        crash_point("claim.taken_free")
        return None if execution is None else _free(prepared(execution), spec)
    with write():
        execution = take_claim(_changes(ask, durable=True))
        if execution is None:
            return None
        crash_point("claim.before_charge")
        work = prepared(execution)
        try:
            paying.pay(work)
        except (InsufficientBalance, OverBudget) as short:
            raise _Unpaid(work, short) from None
        crash_point("claim.before_commit")
    crash_point("claim.after_commit")
    return work


def _spec(ask: Ask) -> BlockSpec | None:
    """The block that the message names; None when it is not known here."""
    if ask.node is None:
        return None
    version_id, node_id = ask.node
    try:
        node = plan_of(version_id).nodes.get(node_id)
    except GraphNotFound:
        return None  # then there is no such execution either, or the message names a version that is not its own
    return None if node is None else registry.get(node.block_id)


def _changes(ask: Ask, *, durable: bool) -> Claim:
    return Claim(
        ask.execution_id,
        ask.dispatch,
        ask.token,
        ask.holder.name,
        ask.holder.worker,
        timezone.now(),
        ask.in_chord,
        durable,
    )


def _free(work: Work, spec: BlockSpec) -> Work:
    if work.spec is not spec:  # it backs off, and is sent again with its own node's name
        raise RuntimeError("the message names another node than that of its execution")
    return work


def _count_wait(work: Work) -> None:
    execution, now = work.execution, timezone.now()
    if execution.queue_time is not None:
        metrics.observe(metrics.QUEUE_SECONDS, work.spec.workload.value, (now - execution.queue_time).total_seconds())
    lost = execution.stats.get("lost")
    if lost and lost["attempt"] == execution.attempt - 1:  # the attempt before this one
        since = datetime.fromisoformat(lost["since"])
        metrics.observe(metrics.RECOVERY_SECONDS, lost["reason"], (now - since).total_seconds())


@repeated
def _was_taken(ask: Ask) -> Work | None:
    """The claim was committed, and its answer lost with the connection."""
    execution = NodeExecution.objects.held(ask.execution_id, ask.token).first()
    return None if execution is None else prepared(execution)


@repeated
def _refused(ask: Ask) -> Refused | None:
    execution = NodeExecution.objects.filter(pk=ask.execution_id).first()
    return None if execution is None else Refused(_reason(execution, ask), execution)


def _reason(execution: NodeExecution, ask: Ask) -> Refusal:
    if execution.dispatch != ask.dispatch:
        return Refusal.STALE
    if execution.status == Status.RUNNING:
        # a member whose execution is held by a copy outside the chord fills its place by returning
        return Refusal.HELD if execution.in_chord or not ask.in_chord else Refusal.LATER
    return Refusal.FINAL if execution.status in FINAL else Refusal.LATER

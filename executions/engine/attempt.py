"""One attempt at one node execution: claim, execute, commit (design 3). Knows no Celery and no HTTP."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from uuid import UUID

from django.conf import settings
from django.utils import timezone

import credits.services
from blocks.sdk import Effect
from executions.database import release, repeated, write
from executions.engine import children, finish, limits, stop
from executions.engine.claim import Refusal, claim
from executions.engine.invoke import Outcome, invoke
from executions.engine.outbox import Outbox
from executions.engine.routing import Routed
from executions.engine.waking import after_failure
from executions.engine.work import Work, load
from executions.errors import LostClaim
from executions.models import NodeExecution, NodeOutput
from executions.states import Status, Waits
from graphs.plan import RetryPolicy
from notifications import services as notifications

log = logging.getLogger(__name__)

# Errors of the engine itself are tried again whatever the node's own policy says (D15).
ENGINE_RETRY = RetryPolicy(attempts=5, delay=1.0, factor=2.0, most=60.0, jitter=True)


class End(Enum):
    """How an attempt ended, as far as the messages are concerned."""

    DONE = auto()
    WAITS = auto()  # suspended: its place in the chord is to be kept
    DUPLICATE = auto()  # a live attempt holds the execution
    NOTHING = auto()  # nothing to do, or another attempt has taken over


@dataclass
class Attempted:
    end: End
    ready: list[NodeExecution] = field(default_factory=list)


def attempt(
    execution_id: UUID, dispatch: int, holder: str, publish: Callable[[list[NodeExecution]], None]
) -> Attempted:
    """Run a queued execution. `publish` sends executions that become ready while the block still runs;
    those of the last commit are returned. Blocks may fail, this does not: engine errors are recorded and retried."""
    work: Work | None = None
    try:
        work = repeated(load)(execution_id)
        if work is None:
            log.warning("message for an unknown node execution %s", execution_id)
            return Attempted(End.NOTHING)
        refusal = claim(work, dispatch, holder)
        if refusal is not None:
            return _refused(work, refusal)
        limits.count(work.facts)
        routed = _perform(work, publish)
        return Attempted(End.WAITS if work.suspended else End.DONE, routed.ready)
    except LostClaim:
        return Attempted(End.NOTHING)
    except Exception as bug:
        log.exception("engine error at node execution %s", execution_id)
        _mishap(execution_id, work, bug)
        return Attempted(End.WAITS)
    finally:
        release()


def _perform(work: Work, publish: Callable[[list[NodeExecution]], None]) -> Routed:
    outbox = Outbox(work, publish)
    if work.problem is not None:
        return finish.unchecked(work, outbox)
    if work.invalid is not None:
        return finish.finish(work, outbox, Outcome(error=ValueError(work.invalid)))
    if work.is_child_run:
        return children.step(work, outbox)
    _enter(work)
    release()  # no connection is held while a block runs
    outcome = invoke(work, outbox)
    if outcome.lost:
        raise LostClaim
    return finish.finish(work, outbox, outcome)


@repeated
def _enter(work: Work) -> None:
    """From here on the block may have had an effect: its price stays taken, at-most-once means not again (D2)."""
    if work.execution.cost or work.spec.effect is Effect.AT_MOST_ONCE:
        if not NodeExecution.objects.held(work.execution.pk, work.token).update(entered=True):
            raise LostClaim
        work.execution.entered = True


def _refused(work: Work, refusal: Refusal) -> Attempted:
    if refusal is Refusal.UNPAID:
        _fail_unpaid(work)
        return Attempted(End.DONE)
    if refusal is Refusal.HELD:
        return Attempted(End.DUPLICATE)
    if refusal is Refusal.FINAL:  # a message that came again: what its node made ready may not have been published
        successors = NodeExecution.objects.filter(run_id=work.facts.id, status=Status.QUEUED, published_at=None)
        return Attempted(End.DONE, list(successors[:100]))
    return Attempted(End.NOTHING)


def _fail_unpaid(work: Work) -> None:
    """Spec 4.4: this execution FAILED with an `error` output, and the run with the same message."""
    facts, price = work.facts, work.price
    balance = credits.services.balance(facts.user_id)
    message = f"Insufficient balance: this run needs {price} credits for {work.spec.name}, the balance is {balance}."
    _record_unpaid(work, message)
    if credits.services.note_shortfall(facts.user_id, facts.plan.graph_id):
        notice = {"current_balance": balance, "shortfall": price - balance, "agent_name": facts.plan.name}
        notifications.record(facts.user_id, "ZERO_BALANCE", notice)
    stop.fail(facts.id, message)


@repeated
def _record_unpaid(work: Work, message: str) -> None:
    execution = work.execution
    with write():
        queued = NodeExecution.objects.filter(pk=execution.pk, status=Status.QUEUED)
        if queued.close(Status.FAILED, timezone.now(), stats=execution.stats | {"error": message}):
            number = NodeOutput.objects.filter(node_execution_id=execution.pk, epoch=execution.epoch).count()
            NodeOutput.objects.create(
                node_execution_id=execution.pk,
                epoch=execution.epoch,
                sequence=number,
                pin="error",
                data=message,
                size=len(message) + 2,
            )


@repeated
def _mishap(execution_id: UUID, work: Work | None, bug: Exception) -> None:
    """An error of the engine: back off and try again, PETIOLE_MAX_ATTEMPTS times, then FAILED with its cause."""
    with write():
        token = None if work is None else work.execution.claim_token
        execution = NodeExecution.objects.filter(pk=execution_id).first()
        if execution is None or execution.status not in {Status.QUEUED, Status.RUNNING} or execution.waits_for:
            return
        if execution.claim_token != token and execution.status == Status.RUNNING:
            return
        mine = NodeExecution.objects.filter(pk=execution_id, status=execution.status, dispatch=execution.dispatch)
        error = f"engine error: {type(bug).__name__}: {bug}"
        now = timezone.now()
        if execution.failures + 1 >= settings.MAX_ATTEMPTS:
            start = execution.start_time or now
            mine.close(Status.FAILED, now, stats=execution.stats | {"error": error}, start_time=start)
            return
        mine.update(
            status=Status.RUNNING,
            start_time=execution.start_time or now,
            claim_token=None,
            holder=None,
            waits_for=Waits.BACKOFF,
            wakes_at=after_failure(ENGINE_RETRY, execution.failures + 1),
            failures=execution.failures + 1,
            stats=execution.stats | {"last_error": error},
        )
